import { describe, expect, test } from '@jest/globals';
import { knownTo, seedPerson } from '../../../src/sandbox/seedPeople';

const humans = Array.from({ length: 5000 }, (_, i) => seedPerson(i));

describe('seeded people', () => {
  test('are the same human for the same number', () => {
    expect(humans.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, i) => seedPerson(i)));
    expect(seedPerson(7)).not.toEqual(seedPerson(8));
  });

  test('have unique ASCII e-mail addresses at example.com, a few have none', () => {
    const emails = humans.flatMap(({ email }) => (email === undefined ? [] : [email]));
    expect(new Set(emails).size).toBe(emails.length);
    expect(emails.length / humans.length).toBeGreaterThan(0.95);
    expect(emails.length).toBeLessThan(humans.length);
    for (const email of emails) expect(email).toMatch(/^[a-z]+\.[a-z]+\.\d+@[a-z-]+\.example\.com$/);
  });

  test('differ enough to look like people', () => {
    expect(new Set(humans.map(({ firstName, lastName }) => `${firstName} ${lastName}`)).size).toBeGreaterThan(1000);
    expect(new Set(humans.map(({ company }) => company.name)).size).toBe(140);
    for (const key of ['phone', 'jobTitle', 'birthDate', 'street'] as const) {
      const blank = humans.filter((human) => human[key] === undefined).length;
      expect(blank).toBeGreaterThan(100);
      expect(blank).toBeLessThan(4900);
    }
  });

  test('are known to each side with small gaps, never without their name or e-mail', () => {
    let gaps = 0;
    for (let i = 0; i < 1000; i++) {
      const [there, here] = [knownTo('marketo', i), knownTo('dataverse', i)];
      expect([here.email, here.lastName]).toEqual([there.email, there.lastName]);
      if (there.phone !== here.phone) gaps += 1;
    }
    expect(gaps).toBeGreaterThan(20);
    expect(gaps).toBeLessThan(200);
  });
});
