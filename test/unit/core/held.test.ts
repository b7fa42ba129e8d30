import { describe, expect, test } from '@jest/globals';
import { heldValue } from '../../../src/core/held';
import { field, person, row } from './support';

describe('what a side holds', () => {
  const title = field('string', { marketo: 'title', column: 'jobtitle' });

  test('goes by the name each side has for the field', () => {
    expect(heldValue(title, person({ title: 'Boss', jobtitle: 'x' }))).toBe('Boss');
    expect(heldValue(title, row({ jobtitle: 'Boss', title: 'x' }))).toBe('Boss');
    expect(heldValue(title, { ...row({ jobtitle: 'Boss' }), entity: 'contact' })).toBe('Boss');
  });

  test('is absent when it was not read, and null when it is empty', () => {
    expect(heldValue(title, person({}))).toBeUndefined();
    expect(heldValue(title, row({}))).toBeUndefined();
    expect(heldValue(title, row({ jobtitle: null }))).toBeNull();
  });
});

describe('a lookup', () => {
  const labels = { ownerid: 'Sam Sales' };
  const byName = field('lookup', { marketo: 'owner', column: 'ownerid', lookupAs: 'name' });
  const byId = field('lookup', { marketo: 'owner', column: 'ownerid', lookupAs: 'id' });

  test('is its name, or its id, as it is mapped', () => {
    expect(heldValue(byName, row({ ownerid: 'guid' }, { labels }))).toBe('Sam Sales');
    expect(heldValue(byId, row({ ownerid: 'guid' }, { labels }))).toBe('guid');
    expect(heldValue(byName, person({ owner: 'Sam Sales' }))).toBe('Sam Sales');
  });

  test('that is empty is empty', () => {
    expect(heldValue(byName, row({ ownerid: null }, { labels }))).toBeNull();
    expect(heldValue(byName, row({}, { labels }))).toBeUndefined();
  });

  test('of which the name is not known is not known, rather than empty', () => {
    expect(heldValue(byName, row({ ownerid: 'guid' }))).toBeUndefined();
  });

  test('alone has a name: labels of other columns say nothing', () => {
    expect(heldValue(field('string', { column: 'ownerid' }), row({ ownerid: 'guid' }, { labels }))).toBe('guid');
  });
});
