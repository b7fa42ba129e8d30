/** Which field a refusal speaks of. Marketo has no member for it: the name, or only the value, stands in the sentence. */
import { COMPANY_FIELDS } from '../core/rules';
import type { RawValue } from '../core/types';
import type { Problem } from './envelope';

/** Values of the refused record, by field. */
export type Sent = Readonly<Record<string, RawValue>>;

/** "Field 'x' not found" (1006), "Field 'x' not supported" (1011), "Missing value for the required parameter 'x'" (1002). */
const BY_NAME = /\b(?:field|parameter)\s+'([A-Za-z]\w*)'/i;
/** "Invalid value 'many'. Required of type 'Integer'" (1001). */
const BY_VALUE = /^Invalid value '([\s\S]*)'\. Required of type/i;
/** "Company update not allowed": of the company fields in the record, none is named. */
const COMPANY_REFUSED = '1021';

/**
 * The field's REST name, as far as the sentence tells. Whoever uses it proves it by sending the rest again without that field, so the one
 * sent field that is mentioned in an unknown sentence counts too.
 */
export function namedField({ code, message }: Problem, sent: Sent = {}): string | undefined {
  const fields = Object.keys(sent);
  const named = BY_NAME.exec(message)?.[1];
  if (named !== undefined) return fields.find((field) => field.toLowerCase() === named.toLowerCase()) ?? named;
  if (code === COMPANY_REFUSED) return fields.find((field) => COMPANY_FIELDS.has(field));
  const value = BY_VALUE.exec(message)?.[1]?.trim();
  const holders = value === undefined ? [] : fields.filter((field) => String(sent[field]).trim() === value);
  if (holders.length > 0) return holders.length === 1 ? holders[0] : undefined;
  const words = new Set(message.match(/[A-Za-z]\w*/g));
  const mentioned = fields.filter((field) => words.has(field));
  return mentioned.length === 1 ? mentioned[0] : undefined;
}
