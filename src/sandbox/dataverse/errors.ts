/** What Dataverse says when it refuses: `{error: {code, message}}` with an HTTP status. */

export class DataverseError extends Error {
  override readonly name = 'DataverseError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export const notFound = (label: string, id: string): DataverseError =>
  new DataverseError(404, '0x80040217', `Entity '${label}' With Id = ${id} Does Not Exist`);

export const unknownProperty = (name: string, table: string): DataverseError =>
  new DataverseError(400, '0x0', `Could not find a property named '${name}' on type 'Microsoft.Dynamics.CRM.${table}'.`);

export const unknownSegment = (segment: string): DataverseError =>
  new DataverseError(404, '0x8006088a', `Resource not found for the segment '${segment}'.`);

export const badPayload = (set: string, inner: string): DataverseError =>
  new DataverseError(
    400,
    '0x80048d19',
    `Error identified in Payload provided by the user for Entity :'${set}', For more information on this error please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : ${inner}`,
  );

export const badQuery = (message: string): DataverseError => new DataverseError(400, '0x80060888', message);
