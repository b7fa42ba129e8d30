import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { mappingSchemaText } from '../../../src/cli/mapping';

test('the published JSON Schema is the one that mdsync prints', () => {
  const published = readFileSync(join(__dirname, '../../../docs/mapping.schema.json'), 'utf8');
  // When it differs: npx mdsync mapping schema > docs/mapping.schema.json && npm run format
  expect(JSON.parse(published)).toEqual(JSON.parse(mappingSchemaText()));
});
