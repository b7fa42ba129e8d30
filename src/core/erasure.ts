/** Forgetting a person on request. */

export type Erasure =
  /** False when nothing is known of the person. */
  | { readonly erased: boolean }
  /** A write of the record may be under way: nothing was erased, ask again after so long. */
  | { readonly busyForMs: number };

export interface Erasures {
  /** Erases everything that is kept about the person that has, or had, this Marketo id or GUID. Never calls a vendor. */
  erase(id: string): Promise<Erasure>;
}
