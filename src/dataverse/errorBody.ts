/** What an unsuccessful answer says, whichever of its shapes it comes in. */
import { type HttpAnswer, parseJson } from '../remote/http';
import { isObject, type Json, textOf } from './json';

export interface ErrorBody {
  /** `0x` and eight lower-case hex digits; empty when the answer names none (older servers send "" and "0x0"). */
  readonly code: string;
  readonly message: string;
  /** True when nothing of Dataverse's own came back: an HTML page, plain text or nothing, as gateways answer. */
  readonly foreign: boolean;
}

const KEPT_CHARACTERS = 2_000;

/** Reads `{error: {code, message}}`, the ASP.NET shapes `{Message}` and `{message, exceptionMessage}`, and anything else as foreign. */
export function readErrorBody(answer: HttpAnswer): ErrorBody {
  const body = parseJson(answer.text);
  if (!isObject(body)) return { code: '', message: plainWords(answer.text), foreign: true };
  const { error } = body;
  if (isObject(error)) return { code: normalCode(error.code), message: withInnerMessage(error), foreign: false };
  const message = textOf(body.Message) || textOf(body.message);
  const detail = textOf(body.ExceptionMessage) || textOf(body.exceptionMessage);
  const words = [message, detail].filter((text) => text !== '').join(' ');
  return { code: '', message: words.slice(0, KEPT_CHARACTERS), foreign: words === '' };
}

/** Plug-ins often put the reason only into an annotation, which is sent because writes ask for `Microsoft.PowerApps.CDS.*`. */
function withInnerMessage(error: Json): string {
  const message = textOf(error.message);
  const innerKey = Object.keys(error).find((key) => key.endsWith('InnerError.Message'));
  const inner = innerKey === undefined ? '' : textOf(error[innerKey]);
  const words = message.includes(inner) ? message : `${message} (${inner})`;
  return words.slice(0, KEPT_CHARACTERS);
}

/** Codes come as hex in any case, and from plug-in traces as the signed decimal of the same 32 bits. */
function normalCode(raw: unknown): string {
  const code = (typeof raw === 'number' ? String(raw) : textOf(raw)).trim().toLowerCase();
  if (/^-\d{1,10}$/.test(code)) return `0x${(Number(code) >>> 0).toString(16).padStart(8, '0')}`;
  return /^0x0*$/.test(code) ? '' : code;
}

function plainWords(text: string): string {
  const words = /<html|<!doctype/i.test(text) ? (/<title>([^<]*)<\/title>/i.exec(text)?.[1] ?? 'an HTML page') : text;
  return words.trim().slice(0, 200);
}
