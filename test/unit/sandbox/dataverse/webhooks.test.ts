import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Dataverse, GUID, type Json } from './client';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Json;
}

let dataverse: Dataverse;
let receiver: Server;
let url: string;
let received: Received[];
let waiting: (() => void) | undefined;

beforeEach(async () => {
  dataverse = await Dataverse.start();
  received = [];
  receiver = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) as Json });
      response.end();
      waiting?.();
    });
  });
  await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook?code=key`;
});
afterEach(async () => {
  await dataverse.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => void receiver.close(resolve));
});

const subscribe = (more: object) => dataverse.control('POST', 'webhooks', { url, table: 'contact', message: 'Update', ...more });

async function until(number: number): Promise<void> {
  while (received.length < number) await new Promise<void>((resolve) => void (waiting = resolve));
}

const attributesOf = ({ body }: Received): Json => {
  const [{ value }] = body['InputParameters'] as [{ value: { Attributes: { key: string; value: unknown }[] } }];
  return Object.fromEntries(value.Attributes.map((one) => [one.key, one.value]));
};

test('a change is told with who did it and what was written', async () => {
  await subscribe({ headers: { 'x-secret': 'shared' } });
  const id = await dataverse.create('contacts', { contactid: GUID, lastname: 'Adams' });
  const body = {
    firstname: 'James',
    jobtitle: null,
    preferredcontactmethodcode: 2,
    annualincome: 5,
    lastonholdtime: '2024-01-01T00:00:00Z',
  };
  await dataverse.call('PATCH', `contacts(${id})?tag=marketo-sync`, body);
  await until(1);
  const [call] = received as [Received];
  const me = (await dataverse.get('WhoAmI'))['UserId'];
  expect(call.path).toBe('/hook?code=key');
  expect(call.headers).toMatchObject({
    'x-secret': 'shared',
    'x-ms-dynamics-organization': 'sandbox',
    'x-ms-dynamics-entity-name': 'contact',
    'x-ms-dynamics-request-name': 'Update',
    'x-ms-correlation-request-id': call.body['CorrelationId'],
  });
  expect(call.body).toMatchObject({
    MessageName: 'Update',
    PrimaryEntityName: 'contact',
    PrimaryEntityId: GUID,
    Depth: 1,
    Mode: 1,
    Stage: 40,
    UserId: me,
    InitiatingUserId: me,
    OperationCreatedOn: expect.stringMatching(/^\/Date\(\d+\+0000\)\/$/),
    SharedVariables: [{ key: 'tag', value: 'marketo-sync' }],
    InputParameters: [{ key: 'Target', value: { LogicalName: 'contact', Id: GUID } }],
  });
  expect(attributesOf(call)).toEqual({
    firstname: 'James',
    jobtitle: null,
    preferredcontactmethodcode: { __type: expect.stringContaining('OptionSetValue'), Value: 2 },
    annualincome: { __type: expect.stringContaining('Money'), Value: 5 },
    lastonholdtime: `/Date(${Date.UTC(2024, 0, 1)})/`,
  });
});

test('creations and deletions are told too, to those who want them', async () => {
  await subscribe({ message: 'Create' });
  await subscribe({ message: 'Delete' });
  const id = await dataverse.create('contacts', { lastname: 'Adams' });
  await dataverse.create('leads', { lastname: 'Not A Contact' });
  await dataverse.call('PATCH', `contacts(${id})`, { firstname: 'Not Told' });
  await dataverse.call('DELETE', `contacts(${id})`);
  await until(2);
  expect(received.map(({ body }) => body['MessageName'])).toEqual(['Create', 'Delete']);
  expect(attributesOf(received[0] as Received)).toMatchObject({ lastname: 'Adams', ownerid: { LogicalName: 'systemuser' } });
  expect(received[1]?.body['InputParameters']).toMatchObject([
    { value: { __type: expect.stringContaining('EntityReference'), Id: id } },
  ]);
});

test('columns filter updates', async () => {
  await subscribe({ columns: ['emailaddress1', 'firstname'] });
  const id = await dataverse.create('contacts', { lastname: 'Adams' });
  await dataverse.call('PATCH', `contacts(${id})`, { jobtitle: 'Not Told' });
  await dataverse.call('PATCH', `contacts(${id})`, { jobtitle: 'Told', firstname: 'A' });
  await until(1);
  expect(received).toHaveLength(1);
  expect(attributesOf(received[0] as Received)).toMatchObject({ jobtitle: 'Told' });
});

test('what was taken back is not told', async () => {
  await subscribe({ message: 'Create' });
  const target = (values: Json) => ({ '@odata.type': 'Microsoft.Dynamics.CRM.contact', ...values });
  const send = (targets: Json[]) =>
    dataverse.call('POST', 'contacts/Microsoft.Dynamics.CRM.CreateMultiple', { Targets: targets });
  expect((await send([target({ lastname: 'Undone' }), target({ lastname: 5 })])).status).toBe(400);
  expect((await send([target({ lastname: 'Done' })])).status).toBe(200);
  await until(1);
  expect(received.map((call) => attributesOf(call)['lastname'])).toEqual(['Done']);
});

test('a big row is left out, and that is said', async () => {
  await subscribe({ table: 'lead', message: 'Create' });
  await dataverse.create('leads', { lastname: 'Big', businesscard: 'x'.repeat(300_000) });
  await until(1);
  expect(received[0]?.headers['x-ms-dynamics-msg-size-exceeded']).toBe('true');
  expect(received[0]?.body).toMatchObject({ InputParameters: [], PrimaryEntityName: 'lead' });
});

test('nobody listens: the write is done all the same', async () => {
  await subscribe({ url: 'http://127.0.0.1:9/', message: 'Create' });
  expect(await dataverse.create('contacts', { lastname: 'Adams' })).not.toBe('');
});
