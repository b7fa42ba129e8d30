/** What the store keeps of the requests for one person. */
import { creationHead } from '../../src/store/creation';
import type { Db } from '../../src/store/database';
import { type OpenRequest, takeUnloggedRequests, type UnloggedRequest } from '../../src/store/requests';

export const openRequests = async (db: Db, marketoId: string): Promise<readonly OpenRequest[]> =>
  (await creationHead(db, marketoId)).requests;

export const takeUnlogged = async (db: Db, marketoId: string): Promise<readonly UnloggedRequest[]> =>
  (await takeUnloggedRequests(db, [marketoId]))[0] ?? [];
