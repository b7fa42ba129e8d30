/** What the sync user may do: table privileges by their depth, and columns under column security. */
import { objectsIn } from './json';

export interface TableAccess {
  readonly read: boolean;
  readonly create: boolean;
  readonly write: boolean;
  /** Organization-level read, which change tracking insists on. */
  readonly readAll: boolean;
  /** Organization-level write: with less, some rows can be changed and others not. */
  readonly writeAll: boolean;
}

export interface ColumnAccess {
  readonly read: boolean;
  readonly create: boolean;
  readonly update: boolean;
}

/** Depths as words and, on some servers, as the enum's numbers. */
const GLOBAL = new Set<unknown>(['Global', 3]);

/**
 * Joins a table's privileges (`Privileges` of its definition) with those the user holds (`RolePrivileges`), by id: role privileges need
 * not carry names. A user may hold one privilege through several roles; the deepest counts.
 */
export function tableAccess(privileges: unknown, rolePrivileges: unknown): TableAccess {
  const held = new Map<string, boolean>();
  for (const privilege of objectsIn(rolePrivileges)) {
    const id = String(privilege.PrivilegeId).toLowerCase();
    held.set(id, held.get(id) === true || GLOBAL.has(privilege.Depth));
  }
  const depthOf = (type: string): boolean | undefined => {
    const privilege = objectsIn(privileges).find((candidate) => candidate.PrivilegeType === type);
    return privilege && held.get(String(privilege.PrivilegeId).toLowerCase());
  };
  return {
    read: depthOf('Read') !== undefined,
    create: depthOf('Create') !== undefined,
    write: depthOf('Write') !== undefined,
    readAll: depthOf('Read') === true,
    writeAll: depthOf('Write') === true,
  };
}

/** `AttributePrivileges` knows two values: 0 not allowed, 4 allowed. */
const ALLOWED = 4;

/** Column security by the column's metadata id. A secured column that is not listed is closed. */
export function columnAccess(attributePrivileges: unknown): (metadataId: string) => ColumnAccess {
  const byId = new Map(objectsIn(attributePrivileges).map((entry) => [String(entry.AttributeId).toLowerCase(), entry]));
  return (metadataId) => {
    const entry = byId.get(metadataId);
    return {
      read: entry?.CanRead === ALLOWED,
      create: entry?.CanCreate === ALLOWED,
      update: entry?.CanUpdate === ALLOWED,
    };
  };
}
