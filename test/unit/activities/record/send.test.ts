/** A refused field is taken out, alone where the refusal names it; what shows that the schemas are old has them read again. */
import { describe, expect, test } from '@jest/globals';
import { sendIsolating } from '../../../../src/activities/record/send';
import type { Failure, Result } from '../../../../src/core/ports';
import type { RawValue } from '../../../../src/core/types';
import { field, planOf } from '../../core/support';

const PLAN = planOf(
  [
    field('string', { marketo: 'title', column: 'jobtitle' }),
    field('string', { marketo: 'city', column: 'address1_city' }),
    field('string', { marketo: 'state', column: 'address1_state', group: 'where' }),
    field('string', { marketo: 'country', column: 'address1_country', group: 'where' }),
  ],
  'contact',
);
const VALUES = { title: 't', city: 'c', state: 's', country: 'l' };

type Values = Readonly<Record<string, RawValue>>;
const refusal = (code: string, named?: string): Failure => ({
  kind: 'rejected',
  scope: 'record',
  code,
  message: 'No',
  ...(named === undefined ? {} : { field: named }),
});

/** A target that refuses while `bad` says so; tells what it was sent, and how often the schemas and the permissions were doubted. */
async function send(bad: (values: Values) => Failure | undefined, values: Values = VALUES) {
  const sent: string[][] = [];
  let doubts = 0;
  let ofPermissions = 0;
  const plans = { doubt: async () => void (doubts += 1), doubtPermissions: async () => void (ofPermissions += 1) };
  const result = await sendIsolating(plans, PLAN, 'dynamics', values, async (left): Promise<Result<'done'>> => {
    sent.push(Object.keys(left));
    const failure = bad(left);
    return failure === undefined ? { ok: 'done' } : { failure };
  });
  return { result, sent, doubts, ofPermissions };
}

describe('a refusal', () => {
  test('that names a field holds that field; the others go through', async () => {
    const { result, sent } = await send((left) => ('title' in left ? refusal('0x80040265', 'jobtitle') : undefined));
    expect(sent).toEqual([
      ['title', 'city', 'state', 'country'],
      ['city', 'state', 'country'],
    ]);
    expect(result).toMatchObject({
      sent: {
        answer: 'done',
        accepted: { city: 'c', state: 's', country: 'l' },
        rejections: [{ field: 'title', group: 'title' }],
      },
    });
  });

  test('that names a field of a group holds the group', async () => {
    const { result } = await send((left) => ('country' in left ? refusal('0x80040265', 'address1_country') : undefined));
    expect(result).toMatchObject({
      sent: { accepted: { title: 't', city: 'c' }, rejections: [{ field: 'country', group: 'where' }] },
    });
  });

  test('that names nothing holds everything, once per group', async () => {
    const { result, sent } = await send(() => refusal('0x80040265'));
    expect(sent).toHaveLength(1);
    expect(result).toMatchObject({
      sent: { accepted: {}, rejections: [{ group: 'title' }, { group: 'city' }, { group: 'where' }] },
    });
  });
});

describe('the permissions are doubted', () => {
  test.each([
    ['0x8004f507', 1],
    ['0x80044331', 0],
  ])('by %s %i times', async (code, times) => {
    expect((await send((left) => ('title' in left ? refusal(code, 'jobtitle') : undefined))).ofPermissions).toBe(times);
  });
});

describe('the schemas are doubted', () => {
  test.each(['0x8004f507', '0x80060888', '0x80048d19', '0x80044331', '0x8004431a'])('by %s', async (code) => {
    expect((await send((left) => ('title' in left ? refusal(code, 'jobtitle') : undefined))).doubts).toBe(1);
  });

  test.each(['0x80040265', '0x80040333', '0x80048408'])('but not by %s, which speaks of the value alone', async (code) => {
    expect((await send((left) => ('title' in left ? refusal(code, 'jobtitle') : undefined))).doubts).toBe(0);
  });
});
