/** A refusal in Dataverse's own shape. */
import { CATALOGUE, type ErrorName } from './catalogue';

/** Thrown wherever a request cannot be served; answered as `{"error": {"code", "message"}}` with its status. */
export class DataverseError extends Error {
  override readonly name = 'DataverseError';

  constructor(
    readonly status: number,
    /** Hexadecimal with `0x`; often empty or `0x0` for what the OData layer refuses. */
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** An error of the catalogue. Without `message` it says what the catalogue says, `fill` in place of `{0}`, `{1}`. */
export function problem(name: ErrorName, message?: string, ...fill: readonly string[]): DataverseError {
  const entry = CATALOGUE[name];
  const text = message ?? entry.message.replaceAll(/\{(\d)\}/g, (whole, i: string) => fill[Number(i)] ?? whole);
  return new DataverseError(entry.status, entry.code, text);
}

/** What the OData layer says of a URL it cannot read. */
export const uriProblem = (message: string, status = 400): DataverseError => new DataverseError(status, '0x80060888', message);

export const noSuchProperty = (property: string, type: string): DataverseError =>
  uriProblem(`Could not find a property named '${property}' on type 'Microsoft.Dynamics.CRM.${type}'.`);

export const methodNotAllowed = (method: string): DataverseError =>
  new DataverseError(405, '', `The requested resource does not support http method '${method}'.`);

export const unsupportedType = (type: string): DataverseError =>
  new DataverseError(
    415,
    '',
    `A supported MIME type could not be found that matches the content type of the request. None of the supported type(s) 'application/json' matches the content type '${type}'.`,
  );

export const noSuchSegment = (segment: string): DataverseError =>
  uriProblem(`Resource not found for the segment '${segment}'.`, 404);

/** What is said of a body that does not fit the table. `inner` is the .NET exception that the server shows inside. */
export function payloadProblem(entitySet: string, inner: string): DataverseError {
  return problem(
    'payloadError',
    `Error identified in Payload provided by the user for Entity :'${entitySet}', For more information on this error please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : ${inner}`,
  );
}
