/** Users that rows may be assigned to. */
import { isGuid } from '../core/guid';
import type { Owner, Result } from '../core/ports';
import { type Api, objectOf } from './api';
import { DOES_NOT_EXIST } from './classify';
import { type Json, objectsIn, textOf } from './json';

const SELECT = '$select=systemuserid,internalemailaddress,domainname,isdisabled';

/** The GUID of the one enabled user with this id, e-mail or sign-in name; `undefined` when there is none, or more than one. */
export async function findOwner(api: Api, idOrEmail: string): Promise<Result<string | undefined>> {
  const wanted = idOrEmail.trim().toLowerCase();
  if (wanted === '') return { ok: undefined };
  const users = isGuid(wanted) ? await readUser(api, wanted) : await searchUsers(api, wanted);
  if ('failure' in users) return users;
  const enabled = users.ok.filter((user) => user.isdisabled === false && typeof user.systemuserid === 'string');
  const [only] = enabled;
  return { ok: enabled.length === 1 && only !== undefined ? String(only.systemuserid).toLowerCase() : undefined };
}

async function readUser(api: Api, id: string): Promise<Result<Json[]>> {
  const reply = await api.one({ method: 'GET', path: `systemusers(${id})?${SELECT}`, asked: { doing: 'look' } });
  if ('ok' in reply) {
    const user = objectOf(reply);
    return 'ok' in user ? { ok: [user.ok] } : user;
  }
  return reply.failure.code === DOES_NOT_EXIST ? { ok: [] } : reply;
}

async function searchUsers(api: Api, email: string): Promise<Result<Json[]>> {
  const literal = `'${email.replaceAll("'", "''")}'`;
  const filter = encodeURIComponent(`internalemailaddress eq ${literal} or domainname eq ${literal}`);
  const body = objectOf(
    await api.one({ method: 'GET', path: `systemusers?${SELECT}&$filter=${filter}`, asked: { doing: 'look' } }),
  );
  if ('failure' in body) return body;
  // Collations ignore more than case; an owner is never a near miss.
  const same = (value: unknown): boolean => typeof value === 'string' && value.trim().toLowerCase() === email;
  return { ok: objectsIn(body.ok.value).filter((user) => same(user.internalemailaddress) || same(user.domainname)) };
}

/** The first `limit` people, by name, that may own rows: enabled, and of the kind that signs in to read and write. */
export async function listOwners(api: Api, limit: number): Promise<Result<readonly Owner[]>> {
  const filter = encodeURIComponent('isdisabled eq false and accessmode eq 0');
  const select = '$select=systemuserid,fullname,internalemailaddress';
  const path = `systemusers?${select}&$filter=${filter}&$orderby=fullname&$top=${limit}`;
  const body = objectOf(await api.one({ method: 'GET', path, asked: { doing: 'look' } }));
  if ('failure' in body) return body;
  return { ok: objectsIn(body.ok.value).flatMap(toOwner) };
}

function toOwner(user: Json): Owner[] {
  const id = textOf(user.systemuserid).toLowerCase();
  const email = textOf(user.internalemailaddress).trim();
  const name = textOf(user.fullname).trim() || email;
  return isGuid(id) && name !== '' ? [{ id, name, ...(email === '' ? {} : { email }) }] : [];
}
