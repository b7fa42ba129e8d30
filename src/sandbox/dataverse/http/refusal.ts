/** A refusal as an answer. */
import type { Answer } from './call';
import type { Preferences } from './prefer';
import type { DataverseError } from './problem';

const CDS = 'Microsoft.PowerApps.CDS.';

/** Those who ask for annotations are told more, as the operator of a real organisation is about a failed plug-in. */
export function refusal({ status, code, message, headers }: DataverseError, prefer?: Preferences): Answer {
  const details: Record<string, string> = {
    'ErrorDetails.OperationStatus': '0',
    'ErrorDetails.SubErrorCode': '-2146233088',
    HelpLink: `http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a${code.slice(2)}&client=platform`,
    TraceText: '',
    'InnerError.Message': message,
  };
  const error: Record<string, string> = { code, message };
  for (const [name, value] of Object.entries(details)) if (prefer?.wants(CDS + name)) error[`@${CDS}${name}`] = value;
  return { status, headers, body: { error } };
}
