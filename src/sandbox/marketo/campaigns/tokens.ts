/** Tokens of templates: `{{lead.First Name}}`, `{{company.Industry:default=unknown}}`, `{{my.sync as}}`, `{{system.dateTime}}`. */
import type { Instance } from '../instance';
import type { Lead } from '../leads/store';
import { valueOf } from '../leads/view';
import { formatDate, formatDateTime, type Value } from '../schema/values';

/** How a value is written where its token stands. */
export type TokenEncoding = 'json' | 'form' | 'plain';

/** Program tokens by their name, with or without `my.` in front. */
export type MyTokens = Readonly<Record<string, Value>>;

export function fillTemplate(
  instance: Instance,
  lead: Lead,
  myTokens: MyTokens,
  template: string,
  encoding: TokenEncoding,
): string {
  return template.replaceAll(/\{\{([^{}:]+)(?::default=([^{}]*))?\}\}/g, (_token, name: string, fallback = '') => {
    const value = tokenValue(instance, lead, myTokens, name.trim()) ?? fallback;
    return encode(value, encoding);
  });
}

/** Strings are quoted in JSON, which is why templates have no quotes around tokens. */
function encode(value: Value, encoding: TokenEncoding): string {
  if (encoding === 'json') return JSON.stringify(value);
  return encoding === 'form' ? encodeURIComponent(String(value)) : String(value);
}

function tokenValue(instance: Instance, lead: Lead, myTokens: MyTokens, name: string): Value | undefined {
  const dot = name.indexOf('.');
  const [scope, rest] = [name.slice(0, dot).toLowerCase(), name.slice(dot + 1)];
  const now = instance.clock.now();
  switch (scope) {
    case 'my':
      return myTokens[rest] ?? myTokens[name];
    case 'system':
      return { date: formatDate(now), datetime: formatDateTime(now), time: formatDateTime(now).slice(11, 19) }[
        rest.toLowerCase()
      ];
    case 'lead':
    case 'company': {
      const field = instance.fields.all().find(({ displayName }) => displayName.toLowerCase() === rest.toLowerCase());
      return field && (valueOf(instance, lead, field) ?? undefined);
    }
    default:
      return undefined;
  }
}
