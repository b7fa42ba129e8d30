/** Types of custom objects, and the objects of each. Marketo makes types on its screens: here the control API does. */
import type { SandboxClock } from '../../../clock';
import type { Journal } from '../../../journal';
import { createObjects, type Objects } from '../store';
import type { CustomObjectType, NewCustomObjectType } from './type';

export interface CustomObjects {
  get(name: string): CustomObjectType | undefined;
  all(): readonly CustomObjectType[];
  define(type: NewCustomObjectType): CustomObjectType;
  objectsOf(name: string): Objects;
}

export function createCustomObjects(journal: Journal, clock: SandboxClock): CustomObjects {
  const types = journal.table<CustomObjectType>('customObjectTypes');
  const stores = new Map<string, Objects>();
  return {
    get: (name) => types.get(name),
    all: () => [...types.values()],
    define(wanted) {
      const type = { ...wanted, createdAt: clock.now().getTime() };
      types.set(type.name, type);
      return type;
    },
    objectsOf(name) {
      let objects = stores.get(name);
      if (objects === undefined) stores.set(name, (objects = createObjects(journal, `customObjects/${name}`)));
      return objects;
    },
  };
}
