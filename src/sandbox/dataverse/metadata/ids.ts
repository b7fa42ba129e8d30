/** GUIDs that are the same in every sandbox: of tables, columns, privileges, users and seeded rows. */
import { v5 } from 'uuid';

const NAMESPACE = 'b2ab3d3f-6f3f-4f0a-9e6e-0d2c6f1f7a11';

/** The GUID of the thing that these words name. */
export const guidOf = (...words: readonly string[]): string => v5(words.join('/'), NAMESPACE);

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isGuid = (text: string): boolean => GUID.test(text);
