import { describe, expect, test } from '@jest/globals';
import { createKeyring } from '../../../src/gateway/keyring';

const OLD = { name: 'forms-2026', value: 'old-token-1234' };
const NEW = { name: 'forms-2027', value: 'new-token-5678' };

describe('a keyring', () => {
  test('knows each token by the name of who holds it', () => {
    const ring = createKeyring([OLD, NEW]);
    expect([OLD.value, NEW.value].map((value) => ring.nameOf(value))).toEqual([OLD.name, NEW.name]);
  });

  test.each(['', 'old-token-123', 'old-token-12345', 'OLD-TOKEN-1234', OLD.name])('knows nobody by %j', (sent) => {
    expect(createKeyring([OLD]).nameOf(sent)).toBeUndefined();
  });

  test('that is replaced knows the new ones, and no others', () => {
    const ring = createKeyring([OLD]);
    ring.replace([NEW]);
    expect([OLD.value, NEW.value].map((value) => ring.nameOf(value))).toEqual([undefined, NEW.name]);
  });

  test('without tokens lets nobody in', () => {
    expect(createKeyring([]).nameOf('')).toBeUndefined();
  });
});
