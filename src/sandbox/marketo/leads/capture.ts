/**
 * How web sites bring people in: Push Lead and Submit Form, which write like Sync Leads and leave an activity to trigger on, and Associate
 * Lead. There are no programs, forms and web visits here: every name of a program and every id of a form is taken for one that exists.
 */
import { TYPE } from '../activity/log';
import { type Call, idSegment, inputRecords, isRecord, jsonBody, requiredText } from '../http/call';
import { type Envelope, MarketoError, missing, perRecord, quote, Skip, wrongType } from '../http/envelope';
import type { Instance } from '../instance';
import { readLookup, writeOne, type Write } from './write';

/** `id:287-GTJ-838&token:_mch-marketo.com-1396310362214-46169`, of which clients may have encoded the `&` once more. */
const COOKIE = /^id:[\w-]+(?:&|%26)token:\S+$/;

/** An upsert by any lookup field. Throws 1002, 1006, 1008, 1011. */
export function pushLeads(call: Call, instance: Instance): Envelope {
  const body = jsonBody(call);
  const program = text(body['programName']);
  if (program === undefined) throw missing('programName');
  const [source, reason] = [text(body['source']), text(body['reason'])];
  const write: Write = {
    action: 'createOrUpdate',
    lookup: readLookup(instance, body['lookupField']),
    partitionId: instance.partitions.named(body['partitionName']),
    by: { method: 'pushLeadToMarketo', user: call.user, requestId: call.requestId },
  };
  const attributes = { ...(source !== undefined && { Source: source }), ...(reason !== undefined && { Reason: reason }) };
  const push = (record: Readonly<Record<string, unknown>>): object => {
    const written = writeOne(instance, write, record);
    instance.log.append({ type: TYPE.pushLead, lead: written.id, primary: program, attributes });
    return written;
  };
  return { result: inputRecords(body).map((record) => perRecord(() => push(record))) };
}

/** One person, by e-mail. Throws 1001, 1002, 1003; the record is skipped for the reasons of Sync Leads and for its cookie, 1012. */
export function submitForm(call: Call, instance: Instance): Envelope {
  const body = jsonBody(call);
  const { formId } = body;
  if (formId === undefined || formId === null) throw missing('formId');
  if (!Number.isInteger(formId)) throw wrongType(formId, 'Integer');
  const records = inputRecords(body, 1);
  const write: Write = {
    action: 'createOrUpdate',
    lookup: readLookup(instance, 'email'),
    partitionId: undefined,
    by: { method: 'submitForm', user: call.user, requestId: call.requestId },
  };
  const submit = ({ leadFormFields, visitorData, cookie }: Readonly<Record<string, unknown>>): object => {
    if (!isRecord(leadFormFields)) throw missing('leadFormFields');
    if (text(leadFormFields['email']) === undefined) throw missing('email');
    if (cookie !== undefined && !isCookie(cookie)) throw new Skip('1012', `Invalid cookie value '${quote(cookie)}'`);
    const written = writeOne(instance, write, leadFormFields);
    instance.log.append({
      type: TYPE.fillOutForm,
      lead: written.id,
      primaryId: formId as number,
      attributes: { 'Form Fields': JSON.stringify(leadFormFields), ...visitOf(visitorData) },
    });
    return written;
  };
  return { result: records.map((record) => perRecord(() => submit(record))) };
}

/** What the activity says of the visit to the page with the form. */
const VISIT = {
  leadClientIpAddress: 'Client IP Address',
  queryString: 'Query Parameters',
  pageURL: 'Referrer URL',
  userAgentString: 'User Agent',
} as const;

function visitOf(visitorData: unknown): Record<string, string> {
  if (!isRecord(visitorData)) return {};
  const known = Object.entries(VISIT).map(([member, attribute]) => [attribute, text(visitorData[member])] as const);
  return Object.fromEntries(known.filter((pair): pair is [(typeof pair)[0], string] => pair[1] !== undefined));
}

/** A person's web visits from now on; nobody visits here, so that the checks are all there is to it. Throws 1002, 1004, 1012. */
export function associateLead(call: Call, instance: Instance): Envelope {
  const id = idSegment(call);
  const cookie = requiredText(call, 'cookie');
  if (instance.leads.get(id) === undefined) throw new MarketoError('1004', `Lead '${id}' not found`);
  if (!isCookie(cookie)) throw new MarketoError('1012', `Invalid cookie value '${cookie}'`);
  return {};
}

const isCookie = (value: unknown): boolean => typeof value === 'string' && COOKIE.test(value);

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
