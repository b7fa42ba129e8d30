import type { History } from '@temporalio/common/lib/proto-utils';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';

/** A history that is JSON already, with what its payloads hold as text. */
export const withPayloads = (json: string): string =>
  json.replaceAll(/"data":\s*"([^"]+)"/g, (_, data: string) => Buffer.from(data, 'base64').toString());

/** All that Temporal keeps of these runs, payloads as text. */
export const textOf = (histories: readonly History[]): string =>
  histories.map((history) => withPayloads(historyToJSON(history))).join('\n');
