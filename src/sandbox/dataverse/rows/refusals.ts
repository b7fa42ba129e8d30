/** What the server says of rows that are not there. */
import { type DataverseError, problem } from '../http/problem';
import type { Table } from '../metadata/model';

/** The row that the request is about. */
export const rowNotFound = (table: Table, id: string): DataverseError =>
  problem('objectDoesNotExist', `Entity '${table.label}' With Id = ${id} Does Not Exist`);

/** A row that a lookup was to point to; on the wire it differs from the other in the entity's name only. */
export const targetNotFound = (table: string, id: string): DataverseError =>
  problem('objectDoesNotExist', `Entity '${table}' With Id = ${id} Does Not Exist`);
