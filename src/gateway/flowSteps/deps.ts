import type { FlowStepDeps, GatewayDeps } from '../deps';

/** The gateway's own, with a flow step to offer. */
export type FlowStepGateway = GatewayDeps & { readonly flowStep: FlowStepDeps };
