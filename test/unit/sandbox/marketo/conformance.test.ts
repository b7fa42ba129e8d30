/** Every endpoint of the sandbox, answered once as it should be and once refused, held against Adobe's description of the API. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROUTES } from '../../../../src/sandbox/marketo/routes';
import { DESCRIBED } from './adobe/description';
import { codeOf, type Envelope, Marketo } from './client';

let marketo: Marketo;
let lead: number;
let list: number;
let campaign: number;
beforeAll(async () => {
  marketo = await Marketo.start();
  await marketo.control('POST', 'limits', { callsPer20s: 1_000 });
  [lead = 0] = await marketo.create({ email: 'a@example.com', firstName: 'Ann', leadScore: 3 });
  list = (await marketo.control('POST', 'lists', { name: 'Webinar' }))['id'] as number;
  campaign = (await marketo.control('POST', 'campaigns', { name: 'Welcome' }))['id'] as number;
  const fields = [{ name: 'vin', displayName: 'VIN' }];
  await marketo.control('POST', 'custom-objects', { name: 'car', displayName: 'Car', fields, dedupeFields: ['vin'] });
  await post('/rest/v1/opportunities.json', { input: [{ externalOpportunityId: 'chairs', name: 'Chairs' }] });
});
afterAll(() => marketo.close());

const keyOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
  `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`;
const get = (path: string, query: Parameters<Marketo['get']>[1] = {}) => marketo.get(path, query);
const post = (path: string, body?: unknown, method?: string) => marketo.post(path, body, method);
const since = async (): Promise<string> => marketo.tokenSince('2020-01-01T00:00:00Z');

const COOKIE = encodeURIComponent('id:287-GTJ-838&token:_mch-marketo.com-1396310362214-46169');
const TYPES = '/rest/v1/activities/external';
let types = 0;
/** A custom activity type as a draft; its API name. */
async function newType(): Promise<string> {
  types += 1;
  const apiName = `visit${types}`;
  const primaryAttribute = { apiName: 'place', name: 'Place', dataType: 'string' };
  const names = { name: `Visit ${types}`, triggerName: `Visits ${types}`, filterName: `Visited ${types}` };
  await post(`${TYPES}/type.json`, { apiName, ...names, primaryAttribute });
  return apiName;
}
async function approvedType(): Promise<{ readonly apiName: string; readonly id: number }> {
  const apiName = await newType();
  const { result } = await post(`${TYPES}/type/${apiName}/approve.json`);
  return { apiName, id: result?.[0]?.['id'] as number };
}
const visitCount = { apiName: 'count', name: 'Count', dataType: 'integer' };
async function typeWithCount(): Promise<string> {
  const apiName = await newType();
  await post(`${TYPES}/type/${apiName}/attributes/create.json`, { attributes: [visitCount] });
  return apiName;
}

const FIELDS: Readonly<Record<string, readonly string[]>> = { leads: ['email'], activities: ['marketoGUID', 'actionResult'] };
const window = { createdAt: { startAt: '2026-01-01T00:00:00Z', endAt: '2026-01-02T00:00:00Z' } };
async function newJob(kind: string): Promise<string> {
  const { result } = await post(`/bulk/v1/${kind}/export/create.json`, { fields: FIELDS[kind], filter: window });
  return String(result?.[0]?.['exportId']);
}
async function finishedJob(kind: string): Promise<string> {
  const id = await newJob(kind);
  await post(`/bulk/v1/${kind}/export/${id}/enqueue.json`);
  await marketo.control('POST', 'clock', { advanceSeconds: 60 });
  await get(`/bulk/v1/${kind}/export/${id}/status.json`);
  return id;
}
async function file(kind: string): Promise<Envelope> {
  const id = await finishedJob(kind);
  const { status } = await marketo.http('GET', `/bulk/v1/${kind}/export/${id}/file.json`, {
    authorization: `Bearer ${marketo.token}`,
  });
  return { requestId: '', success: status === 200 };
}

const bulk = (kind: string): Record<string, () => Promise<Envelope>> => ({
  [`GET /bulk/v1/${kind}/export.json`]: async () => (
    await newJob(kind), get(`/bulk/v1/${kind}/export.json`, { status: 'Created' })
  ),
  [`POST /bulk/v1/${kind}/export/create.json`]: () =>
    post(`/bulk/v1/${kind}/export/create.json`, { fields: FIELDS[kind], filter: window }),
  [`POST /bulk/v1/${kind}/export/{}/enqueue.json`]: async () =>
    post(`/bulk/v1/${kind}/export/${await newJob(kind)}/enqueue.json`),
  [`POST /bulk/v1/${kind}/export/{}/cancel.json`]: async () => post(`/bulk/v1/${kind}/export/${await newJob(kind)}/cancel.json`),
  [`GET /bulk/v1/${kind}/export/{}/status.json`]: async () =>
    get(`/bulk/v1/${kind}/export/${await finishedJob(kind)}/status.json`),
  [`GET /bulk/v1/${kind}/export/{}/file.json`]: () => file(kind),
});
/** The endpoints of a kind of objects, whose keys `keyed` makes out of a word. */
const objects = (
  path: string,
  keyed: (word: string) => Readonly<Record<string, unknown>>,
  segment = path,
): Record<string, () => Promise<Envelope>> => {
  const at = `/rest/v1/${segment}`;
  return {
    [`GET /rest/v1/${path}/describe.json`]: () => get(`${at}/describe.json`),
    [`GET /rest/v1/${path}.json`]: async () => {
      await post(`${at}.json`, { input: [keyed('read')] });
      const [filterType = '', filterValues = ''] = Object.entries(keyed('read'))[0] ?? [];
      return get(`${at}.json`, { filterType, filterValues: String(filterValues) });
    },
    [`POST /rest/v1/${path}.json`]: () => post(`${at}.json`, { input: [keyed('made'), keyed('made')] }),
    [`POST /rest/v1/${path}/delete.json`]: async () => {
      await post(`${at}.json`, { input: [keyed('gone')] });
      return post(`${at}/delete.json`, { deleteBy: 'dedupeFields', input: [keyed('gone'), keyed('never')] });
    },
  };
};
const remove = async (path: string, method: string): Promise<Envelope> => {
  const [id] = await marketo.create({ email: 'gone@example.com' });
  return post(path, { input: [{ id }, { id: 999_999 }] }, method);
};

/** One call to each endpoint that is a success, with something in its result and, where records can be skipped, a skipped one. */
const CALLS: Readonly<Record<string, () => Promise<Envelope>>> = {
  'GET /rest/v1/lead/{}.json': () => get(`/rest/v1/lead/${lead}.json`),
  'GET /rest/v1/leads.json': () => get('/rest/v1/leads.json', { filterType: 'email', filterValues: 'a@example.com' }),
  'POST /rest/v1/leads.json': () => post('/rest/v1/leads.json', { input: [{ email: 'b@example.com' }, { noField: 1 }] }),
  'DELETE /rest/v1/leads.json': () => remove('/rest/v1/leads.json', 'DELETE'),
  'POST /rest/v1/leads/delete.json': () => remove('/rest/v1/leads/delete.json', 'POST'),
  'POST /rest/v1/leads/{}/merge.json': async () => {
    const [loser] = await marketo.create({ email: 'loser@example.com' });
    return post(`/rest/v1/leads/${lead}/merge.json?leadId=${loser}`);
  },
  'POST /rest/v1/leads/push.json': () =>
    post('/rest/v1/leads/push.json', { programName: 'Launch', input: [{ email: 'p@example.com' }, { noField: 1 }] }),
  'POST /rest/v1/leads/submitForm.json': () =>
    post('/rest/v1/leads/submitForm.json', { formId: 1029, input: [{ leadFormFields: { email: 'f@example.com' } }] }),
  'POST /rest/v1/leads/{}/associate.json': () => post(`/rest/v1/leads/${lead}/associate.json?cookie=${COOKIE}`),
  'GET /rest/v1/leads/partitions.json': () => get('/rest/v1/leads/partitions.json'),
  'POST /rest/v1/leads/partitions.json': () =>
    post('/rest/v1/leads/partitions.json', {
      input: [
        { id: lead, partitionName: 'Default' },
        { id: 999_999, partitionName: 'Default' },
      ],
    }),

  'GET /rest/v1/leads/describe.json': () => get('/rest/v1/leads/describe.json'),
  'GET /rest/v1/leads/describe2.json': () => get('/rest/v1/leads/describe2.json'),
  'GET /rest/v1/leads/schema/fields.json': () => get('/rest/v1/leads/schema/fields.json'),
  'POST /rest/v1/leads/schema/fields.json': () => {
    const field = { displayName: 'Shoe Size', name: 'shoeSize', dataType: 'integer' };
    return post('/rest/v1/leads/schema/fields.json', { input: [field, { ...field, displayName: 'Again' }] });
  },
  'GET /rest/v1/leads/schema/fields/{}.json': () => get('/rest/v1/leads/schema/fields/email.json'),
  'POST /rest/v1/leads/schema/fields/{}.json': async () => {
    const input = [{ displayName: 'Hat Size', name: 'hatSize', dataType: 'integer' }];
    await post('/rest/v1/leads/schema/fields.json', { input });
    return post('/rest/v1/leads/schema/fields/hatSize.json', { input: [{ isHidden: true }] });
  },

  'GET /rest/v1/activities/pagingtoken.json': () =>
    get('/rest/v1/activities/pagingtoken.json', { sinceDatetime: '2014-10-06T13:22:17-08:00' }),
  'GET /rest/v1/activities.json': async () =>
    get('/rest/v1/activities.json', { nextPageToken: await since(), activityTypeIds: '12,13,22,32' }),
  'GET /rest/v1/activities/leadchanges.json': async () => {
    await marketo.sync([{ id: lead, firstName: 'Anna' }], { action: 'updateOnly', lookupField: 'id' });
    await marketo.sync([{ id: lead, firstName: null }], { action: 'updateOnly', lookupField: 'id' });
    return get('/rest/v1/activities/leadchanges.json', { nextPageToken: await since(), fields: 'firstName' });
  },
  'GET /rest/v1/activities/deletedleads.json': async () => {
    await remove('/rest/v1/leads/delete.json', 'POST');
    return get('/rest/v1/activities/deletedleads.json', { nextPageToken: await since() });
  },
  'GET /rest/v1/activities/types.json': () => get('/rest/v1/activities/types.json'),
  'POST /rest/v1/activities/external.json': async () => {
    const { id } = await approvedType();
    const visit = { activityDate: '2026-01-01T00:00:00Z', activityTypeId: id, primaryAttributeValue: 'Rome', attributes: [] };
    return post('/rest/v1/activities/external.json', {
      input: [
        { ...visit, leadId: lead },
        { ...visit, leadId: 999_999 },
      ],
    });
  },
  [`GET ${TYPES}/types.json`]: async () => (await approvedType(), get(`${TYPES}/types.json`)),
  [`POST ${TYPES}/type.json`]: async () => {
    const primaryAttribute = { apiName: 'place', name: 'Place', dataType: 'string' };
    return post(`${TYPES}/type.json`, { apiName: 'made', name: 'M', triggerName: 'MT', filterName: 'MF', primaryAttribute });
  },
  [`POST ${TYPES}/type/{}.json`]: async () => post(`${TYPES}/type/${await newType()}.json`, { description: 'Changed' }),
  [`GET ${TYPES}/type/{}/describe.json`]: async () => get(`${TYPES}/type/${await newType()}/describe.json`, { draft: 'true' }),
  [`POST ${TYPES}/type/{}/approve.json`]: async () => post(`${TYPES}/type/${await newType()}/approve.json`),
  [`POST ${TYPES}/type/{}/discardDraft.json`]: async () => {
    const { apiName } = await approvedType();
    await post(`${TYPES}/type/${apiName}.json`, { description: 'Changed' });
    return post(`${TYPES}/type/${apiName}/discardDraft.json`);
  },
  [`POST ${TYPES}/type/{}/delete.json`]: async () => post(`${TYPES}/type/${await newType()}/delete.json`),
  [`POST ${TYPES}/type/{}/attributes/create.json`]: async () =>
    post(`${TYPES}/type/${await newType()}/attributes/create.json`, { attributes: [visitCount] }),
  [`POST ${TYPES}/type/{}/attributes/update.json`]: async () =>
    post(`${TYPES}/type/${await typeWithCount()}/attributes/update.json`, { attributes: [{ ...visitCount, name: 'Number' }] }),
  [`POST ${TYPES}/type/{}/attributes/delete.json`]: async () =>
    post(`${TYPES}/type/${await typeWithCount()}/attributes/delete.json`, { attributes: [{ apiName: 'count' }] }),

  'GET /rest/v1/lists.json': () => get('/rest/v1/lists.json'),
  'GET /rest/v1/lists/{}.json': () => get(`/rest/v1/lists/${list}.json`),
  'GET /rest/v1/lists/{}/leads.json': async () => {
    await post(`/rest/v1/lists/${list}/leads.json?id=${lead}`);
    return get(`/rest/v1/lists/${list}/leads.json`);
  },
  'GET /rest/v1/list/{}/leads.json': async () => {
    await post(`/rest/v1/lists/${list}/leads.json?id=${lead}`);
    return get(`/rest/v1/list/${list}/leads.json`);
  },
  'POST /rest/v1/lists/{}/leads.json': () =>
    post(`/rest/v1/lists/${list}/leads.json`, { input: [{ id: lead }, { id: 999_999 }] }),
  'DELETE /rest/v1/lists/{}/leads.json': () =>
    post(`/rest/v1/lists/${list}/leads.json`, { input: [{ id: lead }, { id: 999_999 }] }, 'DELETE'),
  'GET /rest/v1/lists/{}/leads/ismember.json': () => get(`/rest/v1/lists/${list}/leads/ismember.json`, { id: lead }),

  ...objects('companies', (externalCompanyId) => ({ externalCompanyId })),
  ...objects('salespersons', (externalSalesPersonId) => ({ externalSalesPersonId })),
  ...objects('opportunities', (externalOpportunityId) => ({ externalOpportunityId, name: 'Tables' })),
  ...objects('opportunities/roles', (role) => ({ externalOpportunityId: 'chairs', leadId: lead, role })),
  'GET /rest/v1/customobjects.json': () => get('/rest/v1/customobjects.json'),
  ...objects('customobjects/{}', (vin) => ({ vin }), 'customobjects/car'),
  'POST /rest/v1/campaigns/{}/trigger.json': () =>
    post(`/rest/v1/campaigns/${campaign}/trigger.json`, { input: { leads: [{ id: lead }] } }),
  ...bulk('leads'),
  ...bulk('activities'),

  'GET /rest/v1/stats/usage.json': () => get('/rest/v1/stats/usage.json'),
  'GET /rest/v1/stats/usage/last7days.json': () => get('/rest/v1/stats/usage/last7days.json'),
  'GET /rest/v1/stats/errors.json': async () => (await get('/rest/v1/made-up.json'), get('/rest/v1/stats/errors.json')),
  'GET /rest/v1/stats/errors/last7days.json': () => get('/rest/v1/stats/errors/last7days.json'),
};

/** A way to delete that clients use, which answers as the described one does, and files, which are no JSON. */
const NOT_DESCRIBED = [
  'DELETE /rest/v1/leads.json',
  'GET /bulk/v1/leads/export/{}/file.json',
  'GET /bulk/v1/activities/export/{}/file.json',
];
/** Answers without a `result`, or with an empty one when all is well. */
const WITHOUT_RESULT = /pagingtoken|merge|associate|file\.json/;

describe('every endpoint', () => {
  test('is called here, and no other: a new one needs a call of its own', () => {
    expect(Object.keys(CALLS).sort()).toEqual(ROUTES.map(keyOf).sort());
  });

  test('is described by Adobe, but for the ones that are known', () => {
    const undescribed = ROUTES.map(keyOf).filter((key) => !DESCRIBED.has(key));
    expect(undescribed).toEqual(NOT_DESCRIBED);
  });

  test.each(Object.entries(CALLS))('%s answers as described', async (key, call) => {
    // The client of these tests throws where an answer is not as described.
    const answer = await call();
    expect(answer).toMatchObject({ success: true });
    if (!WITHOUT_RESULT.test(key)) expect(answer.result?.length).toBeGreaterThan(0);
  });

  test.each(Object.keys(CALLS))('%s refuses as described', async (key) => {
    const [method = '', path = ''] = key.replaceAll('{}', '1').split(' ');
    const answer = await marketo.call(method, path, { authorization: 'Bearer nobody' });
    expect(codeOf(answer)).toBe('601');
  });
});
