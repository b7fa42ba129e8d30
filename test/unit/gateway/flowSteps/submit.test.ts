import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { adobeProblems, call, CALLBACK_URL, person } from '../../../support/flowSteps';
import { type StepAnswer, startStepGateway, type StepGateway, until } from './support';

let gateway: StepGateway;
beforeEach(async () => {
  gateway = await startStepGateway();
});
afterEach(() => gateway.close());

const TOKEN = 'eb26ba28-e3f4-4423-a75d-28118b81828c';
const chunkOf = (token: string): string => createHash('sha256').update(token).digest('hex').slice(0, 32);
const CHUNK = chunkOf(TOKEN);

/** Nothing was kept and nothing was woken. */
function expectNothingDone(): void {
  expect(gateway.chunks.accepted.size).toBe(0);
  expect(gateway.started).toEqual([]);
  expect(gateway.temporal.signals).toEqual([]);
}

function expectRefused(answer: StepAnswer, status: number, message: string): void {
  expect([answer.status, answer.json.message]).toEqual([status, expect.stringContaining(message)]);
  expectNothingDone();
}

describe('a call', () => {
  test('is kept whole, then answered with 201', async () => {
    expect(adobeProblems(call(), 'async')).toEqual([]);
    const answer = await gateway.submit(call([318592, 318593]));
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({ status: 'accepted', people: 2 });
    expect(gateway.chunks.only).toEqual({
      id: CHUNK,
      kind: 'trigger',
      token: TOKEN,
      callbackUrl: CALLBACK_URL,
      callbackKey: '123abc',
      munchkinId: 'AAA-999-ZZZ',
      campaignId: '1001',
      caller: 'campaigns',
      people: [
        { marketoId: '318592', syncAs: 'lead' },
        { marketoId: '318593', syncAs: 'lead' },
      ],
    });
  });

  test('of a trigger campaign wakes each person at once, and its own answer', async () => {
    await gateway.submit(call([7, 8]));
    await until(() => gateway.started.length === 1);
    expect(gateway.temporal.signals).toEqual([
      ['7', `flow-step/${CHUNK}/7`],
      ['8', `flow-step/${CHUNK}/8`],
    ]);
    expect(gateway.started).toEqual([[CHUNK, 'trigger']]);
  });

  test('of a batch campaign leaves people to the cycle', async () => {
    await gateway.submit(call([7, 8], { context: { campaign: { type: 'batch' } } }));
    await until(() => gateway.started.length === 1);
    expect(gateway.temporal.signals).toEqual([]);
    expect(gateway.started).toEqual([[CHUNK, 'batch']]);
  });

  test.each([
    ['one person', [7], {}, 'trigger'],
    ['many people', [7, 8], {}, 'batch'],
    ['a word nobody knows', [7, 8], { context: { campaign: { type: 'default' } } }, 'batch'],
    ['what triggered it', [7, 8], { objectData: [{ ...person(7), triggeringContext: { name: 'Form' } }, person(8)] }, 'trigger'],
  ])('that does not tell its kind is known by %s', async (_what, ids, over, kind) => {
    await gateway.submit(call(ids, { context: undefined, ...over }));
    expect(gateway.chunks.only.kind).toBe(kind);
  });

  test('sends neither token nor key nor address to Temporal or the log', async () => {
    await gateway.submit(call([7], { objectData: [person(7, { syncAs: 'lead', assignTo: 'owner@example.com' })] }));
    await until(() => gateway.started.length === 1);
    const told = JSON.stringify([gateway.temporal.signals, gateway.started, gateway.lines]);
    for (const secret of [TOKEN, '123abc', 'adobe.io', 'a@b.com', 'owner@example.com']) expect(told).not.toContain(secret);
    // The control: what may be told is.
    expect(told).toContain(CHUNK);
    expect(gateway.lines.join()).toContain('"people":1');
  });

  test('is taken while Temporal is away: the next cycle does the rest', async () => {
    gateway.temporal.down = true;
    expect((await gateway.submit(call())).status).toBe(201);
    expect(gateway.chunks.accepted.size).toBe(1);
    await until(() => gateway.lines.join().includes('this flow step call is taken up later'));
  });

  test('of a burst is answered before anything is woken for it', async () => {
    let commit = (): void => undefined;
    gateway.chunks.commit = new Promise<void>((resolve) => (commit = resolve));
    const answers = Array.from({ length: 20 }, (_one, index) => gateway.submit(call([index + 1], { token: `burst ${index}` })));
    await until(() => gateway.chunks.arrived === 20);
    commit();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(20).fill(201));
    await until(() => gateway.temporal.people.length > 0);
    expect(gateway.temporal.people.map(([people]) => people.length)).toEqual([20]);
    expect(gateway.happened).toEqual([...Array(20).fill('answered'), 'woken']);
  });

  test('that cannot be kept is refused with 503: nothing is promised', async () => {
    gateway.chunks.down = true;
    const answer = await gateway.submit(call());
    expectRefused(answer, 503, 'Send it again later');
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});

describe('a call that comes again', () => {
  test('is answered with 201, and wakes again: whoever kept it first may have been killed before', async () => {
    await gateway.submit(call());
    const answer = await gateway.submit(call());
    expect([answer.status, answer.json.message]).toEqual([201, expect.stringContaining('is kept already')]);
    await until(() => gateway.started.length === 2);
    expect(gateway.temporal.signals).toEqual([
      ['318592', `flow-step/${CHUNK}/318592`],
      ['318592', `flow-step/${CHUNK}/318592`],
    ]);
  });

  test('after it was answered wakes nothing, and is answered with 201 still', async () => {
    gateway.chunks.ended = true;
    expect((await gateway.submit(call())).status).toBe(201);
    // The control: a call that comes later is woken, so this one would have been by then.
    gateway.chunks.ended = false;
    await gateway.submit(call([7], { token: 'later' }));
    await until(() => gateway.started.length > 0);
    expect(gateway.started).toEqual([[chunkOf('later'), 'trigger']]);
  });

  test('with another body counts as it was first, and is told so', async () => {
    await gateway.submit(call([7]));
    const answer = await gateway.submit(call([8]));
    expect([answer.status, answer.json.message]).toEqual([201, expect.stringContaining('this body is ignored')]);
    expect(gateway.chunks.only.people).toEqual([{ marketoId: '7', syncAs: 'lead' }]);
  });

  test('is not recognised by the run of the campaign alone: its chunks share that', async () => {
    await gateway.submit(call([7], { token: undefined }));
    await gateway.submit(call([8], { token: undefined }));
    expect(gateway.chunks.accepted.size).toBe(2);
    await gateway.submit(call([8], { token: undefined }));
    expect(gateway.chunks.accepted.size).toBe(2);
  });
});

describe('credentials', () => {
  test.each([
    ['none', null, 'Send the header x-api-key'],
    ['an empty one', '', 'Send the header x-api-key'],
    ['another one', 'operators-only-5678', 'not a token of MDSYNC_GATEWAY_TOKEN'],
  ])('%s: refused before the body is read', async (_what, key, message) => {
    expectRefused(await gateway.submit('{not json', key), 401, message);
  });

  test('several: each is let in by its name, which is logged; the token is not', async () => {
    const tokens = [
      { name: 'forms-2026', value: 'old-token-1234' },
      { name: 'forms-2027', value: 'new-token-5678' },
    ];
    gateway.keyring.replace(tokens);
    for (const { name, value } of tokens) {
      expect((await gateway.submit(call([7], { token: name }), value)).status).toBe(201);
      expect(gateway.chunks.accepted.get(chunkOf(name))).toMatchObject({ caller: name });
      expect(gateway.lines.join()).toContain(`"caller":"${name}"`);
      expect(gateway.lines.join()).not.toContain(value);
    }
    // The rotation is over: the old one is not let in any more.
    gateway.keyring.replace(tokens.slice(1));
    expect((await gateway.submit(call(), 'old-token-1234')).status).toBe(401);
    expect((await gateway.submit(call(), 'new-token-5678')).status).toBe(201);
  });
});

describe('bad input', () => {
  test.each([
    ['no JSON', '{not json', 'not valid JSON'],
    ['a list', '[]', 'must be a JSON object'],
    ['no callback URL', call([7], { callbackUrl: undefined }), 'callbackUrl is missing'],
    ['no people', call([7], { objectData: undefined }), 'objectData is missing'],
    ['an empty list of people', call([]), 'objectData must name at least one person'],
    [
      'too many people',
      call([], { objectData: Array.from({ length: 10_001 }, (_one, index) => person(index + 1)) }),
      'at most 10000',
    ],
    ['a person without id', call([7, undefined]), 'objectData.1.objectContext.id is missing'],
    ['a person with an id that is none', call(['abc']), 'objectData.0.objectContext.id must be a Marketo id'],
    ['an id of 0', call([0]), 'must be a Marketo id'],
    ['an id beyond 64 bits', call(['9223372036854775808']), 'must be a Marketo id'],
    ['another kind of object', call([7], { objectData: [{ ...person(7), objectType: 'company' }] }), 'must be "lead"'],
    ['a token no header can carry', call([7], { token: 'a\nb: c' }), 'token must be'],
    ['a munchkin id that is none', call([7], { context: { subscription: { munchkinId: 'a b' } } }), 'must be a Munchkin id'],
    ['a context that is none', call([7], { context: 'none' }), 'context must be an object'],
  ])('%s: 400 with the member and an example', async (_what, body, message) => {
    const answer = await gateway.submit(body);
    expectRefused(answer, 400, message);
    expect(answer.json.error).toBe('badRequest');
  });

  test('a thousand mistakes are told as ten', async () => {
    const answer = await gateway.submit(call(Array.from({ length: 1_000 }, () => 'x')));
    expect(answer.json.problems).toHaveLength(10);
  });

  test('a body of 64 MiB: 413, and one of many MB is read', async () => {
    const padded = (bytes: number): string => JSON.stringify({ ...call(), padding: ' '.repeat(bytes) });
    const tooLarge = await gateway.submit(padded(64 * 1024 * 1024));
    expectRefused(tooLarge, 413, 'larger than 67108863 bytes');
    expect((await gateway.submit(padded(8 * 1024 * 1024))).status).toBe(201);
  });

  test('the other routes keep their own limit', async () => {
    const answer = await gateway.post('getPicklist', { name: 'x'.repeat(2 * 1024 * 1024), type: 'flow' });
    expect([answer.status, answer.json.message]).toEqual([413, expect.stringContaining('larger than 1048576 bytes')]);
  });

  test('another content type: 415', async () => {
    const response = await fetch(`${gateway.url}/flow-steps/sync-person-to-microsoft/submitAsyncAction`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'x-api-key': 'campaigns-only-1234' },
      body: JSON.stringify(call()),
    });
    expect(response.status).toBe(415);
  });
});

describe('what is read', () => {
  test('numbers as strings, unknown members, missing context', async () => {
    const body = call([], {
      campaignId: '1001',
      context: null,
      strange: { deep: [1] },
      objectData: [{ objectContext: { id: '318592' } }, { ...person(318593), strange: 1, programMemberContext: null }],
    });
    expect((await gateway.submit(body)).status).toBe(201);
    expect(gateway.chunks.only).toMatchObject({ campaignId: '1001', munchkinId: 'unknown' });
    expect(gateway.chunks.only.people).toEqual([
      { marketoId: '318592', syncAs: 'lead' },
      { marketoId: '318593', syncAs: 'lead' },
    ]);
  });

  test('a captured call: no subscription, no campaign', async () => {
    expect((await gateway.submit(call([7], { context: { admin: {} }, campaignId: undefined }))).status).toBe(201);
    expect(gateway.chunks.only).not.toHaveProperty('campaignId');
  });

  test('ids beyond 2^53 to the last digit, as numbers and as strings', async () => {
    const body = JSON.stringify(call(['x', 'y']))
      .replace('"x"', '9007199254740993')
      .replace('"y"', '"9223372036854775807"');
    expect((await gateway.submit(body)).status).toBe(201);
    expect(gateway.chunks.only.people.map(({ marketoId }) => marketoId)).toEqual(['9007199254740993', '9223372036854775807']);
  });

  test('a person that is listed twice once, as listed first', async () => {
    const objectData = [person(7, { syncAs: 'contact' }), person(8), person('7', { syncAs: 'lead' })];
    const answer = await gateway.submit(call([], { objectData }));
    expect(answer.json.people).toBe(2);
    expect(gateway.chunks.only.people).toEqual([
      { marketoId: '7', syncAs: 'contact' },
      { marketoId: '8', syncAs: 'lead' },
    ]);
  });

  test('choices of each person: any case, empty ones as the default, unknown ones as a refusal of that person alone', async () => {
    const wishes = [
      { syncAs: ' Contact ', assignTo: ' Owner@Example.com ' },
      { syncAs: '', assignTo: '' },
      { syncAs: null },
      { syncAs: 'account' },
      { syncAs: { a: 1 } },
      { syncAs: 'lead', assignTo: 12 },
      { syncAs: 'lead', assignTo: 'x'.repeat(321) },
    ];
    await gateway.submit(call([], { objectData: wishes.map((wish, index) => person(index + 1, wish)) }));
    const unknown = { refusal: { code: 'UNKNOWN_SYNC_AS', reason: 'Sync As must be lead or contact' } };
    expect(gateway.chunks.only.people).toEqual([
      { marketoId: '1', syncAs: 'contact', assignTo: 'Owner@Example.com' },
      { marketoId: '2', syncAs: 'lead' },
      { marketoId: '3', syncAs: 'lead' },
      { marketoId: '4', ...unknown },
      { marketoId: '5', ...unknown },
      { marketoId: '6', syncAs: 'lead', assignTo: '12' },
      { marketoId: '7', refusal: expect.objectContaining({ code: 'UNKNOWN_OWNER' }) },
    ]);
  });

  test('a person with a refusal in a trigger campaign is not woken, the others are', async () => {
    const objectData = [person(7, { syncAs: 'account' }), person(8)];
    await gateway.submit(call([], { objectData }));
    await until(() => gateway.started.length === 1);
    expect(gateway.temporal.signals.map(([id]) => id)).toEqual(['8']);
  });

  test('a thousand people', async () => {
    const answer = await gateway.submit(call(Array.from({ length: 1_000 }, (_one, index) => index + 1)));
    expect(answer.json.people).toBe(1_000);
  });
});

describe('the Marketo instance', () => {
  const from = (munchkinId: string | undefined): object => call([7], { context: { subscription: { munchkinId } } });

  test('that is given is given back, when no other is configured', async () => {
    await gateway.submit(from('AAA-999-ZZZ'));
    expect(gateway.chunks.only.munchkinId).toBe('AAA-999-ZZZ');
  });

  test('that is configured stands in where none is given; another one is refused with 403', async () => {
    await gateway.close();
    gateway = await startStepGateway({ munchkinId: '123-ABC-456' });
    expectRefused(await gateway.submit(from('999-XYZ-999')), 403, 'belongs to the Marketo instance 123-ABC-456');
    expect((await gateway.submit(from(undefined))).status).toBe(201);
    expect(gateway.chunks.only.munchkinId).toBe('123-ABC-456');
    expect((await gateway.submit({ ...from('123-abc-456'), token: 'other' })).status).toBe(201);
  });
});

describe('the callback URL', () => {
  const to = (callbackUrl: string): object => call([7], { callbackUrl });

  test.each([
    ['plain http', 'http://mkto-cfa.adobe.io/x', 'https://'],
    ['another host', 'https://example.com/x', 'may not be called'],
    ['a host that ends alike', 'https://evil-adobe.io/x', 'may not be called'],
    ['a host that begins alike', 'https://mkto-cfa.adobe.io.example.com/x', 'may not be called'],
    ['the bare name', 'https://adobe.io/x', 'may not be called'],
    ['a user in front', 'https://mkto-cfa.adobe.io@example.com/x', 'user name'],
    ['this machine', 'http://127.0.0.1:3301/x', 'https://'],
    ['this machine, over https', 'https://127.0.0.1/x', 'may not be called'],
    ['this machine by name', 'https://localhost/x', 'may not be called'],
    ['this machine as one number', 'https://2130706433/x', 'may not be called'],
    ['this machine in IPv6', 'https://[::1]/x', 'may not be called'],
    ['a private address', 'https://10.0.0.1/x', 'may not be called'],
    ['the metadata service of a cloud', 'https://169.254.169.254/latest', 'may not be called'],
    ['another scheme', 'file:///etc/passwd', 'https://'],
    ['no URL', 'adobe.io', 'must be a URL'],
  ])('to %s is refused', async (_what, url, message) => {
    expectRefused(await gateway.submit(to(url)), 400, message);
  });

  test.each(['https://mkto-cfa.adobe.io/x', 'https://MKTO-CFA-DEV.adobe.io:8443/x?y=1'])('to %s is taken', async (url) => {
    expect((await gateway.submit(to(url))).status).toBe(201);
  });

  test('to a configured host is taken, over https only; to this machine any way, any port', async () => {
    await gateway.close();
    gateway = await startStepGateway({ callbackHosts: ['hooks.example.com', '*.example.net', '127.0.0.1'] });
    expectRefused(await gateway.submit(to('http://hooks.example.com/x')), 400, 'https://');
    expectRefused(await gateway.submit(to('https://example.net/x')), 400, 'may not be called');
    expectRefused(await gateway.submit(to('http://127.0.0.2/x')), 400, 'https://');
    const allowed = ['https://hooks.example.com/x', 'https://a.b.example.net/x', 'http://127.0.0.1:1/x', 'https://127.0.0.1:2/x'];
    for (const url of allowed) expect([url, (await gateway.submit({ ...to(url), token: url })).status]).toEqual([url, 201]);
  });
});
