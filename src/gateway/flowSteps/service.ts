/** What a self-service flow step is, to Marketo: the shape of its definition, as the provider interface 1.0.0 has it. */

/** Texts by language; English must be there. */
type Texts<T> = Readonly<{ en_US: T }>;

export interface FlowAttribute {
  readonly apiName: string;
  readonly i18n: Texts<{ readonly name: string; readonly description: string; readonly uiTooltip: string }>;
  readonly dataType: 'string';
  readonly hasPicklist: boolean;
  /** False: tokens and typed text are taken as well. */
  readonly enforcePicklistSelect: boolean;
}

export interface CallbackAttribute {
  readonly apiName: string;
  readonly i18n: Texts<{ readonly name: string; readonly description: string }>;
  readonly dataType: 'string';
}

export interface FieldMapping {
  readonly serviceAttribute: string;
  /** Chosen by itself when a person field has this REST name and the same type. */
  readonly suggestedMarketoAttribute: string;
  readonly description: Texts<string>;
  readonly dataType: 'string';
}

export interface ServiceDefinition {
  readonly apiName: string;
  readonly i18n: Texts<{
    readonly name: string;
    readonly triggerName: string;
    readonly filterName: string;
    readonly description: string;
  }>;
  readonly primaryAttribute: string;
  readonly invocationPayloadDef: {
    readonly globalAttributes: readonly never[];
    readonly flowAttributes: readonly FlowAttribute[];
    readonly fields: readonly never[];
    readonly headers: readonly never[];
    readonly userDrivenMapping: false;
    readonly programContext: boolean;
    readonly campaignContext: boolean;
    readonly triggerContext: boolean;
    readonly programMemberContext: boolean;
    readonly subscriptionContext: boolean;
  };
  readonly callbackPayloadDef: {
    readonly attributes: readonly CallbackAttribute[];
    readonly fields: readonly FieldMapping[];
    readonly userDrivenMapping: false;
  };
}

/**
 * One version of a step. Marketo reads a definition once, when the step is installed, and never again: a changed definition is another
 * service, with a path and an `apiName` of its own, beside the old one, which campaigns still use.
 */
export interface FlowStepService {
  /** Below `/flow-steps/`. */
  readonly path: string;
  readonly version: string;
  readonly definition: ServiceDefinition;
}
