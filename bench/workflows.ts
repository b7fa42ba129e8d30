/** The product's workflows, and the floor they are measured against: the same parent, the same pool, children that do nothing. */
import { continueAsNew, executeChild } from '@temporalio/workflow';
import type { PageRef } from '../src/activities/collect';
import { childOptions } from '../src/workflows/childOptions';
import { PAGE, runPageOf } from '../src/workflows/page';

export * from '../src/workflows';

export async function emptyCycle({ refs }: { readonly refs: readonly PageRef[] }): Promise<void> {
  await runPageOf(
    refs.slice(0, PAGE),
    PAGE,
    (ref) => executeChild(emptyRecord, { ...childOptions(ref), args: [] }),
    () => undefined,
  );
  if (refs.length > PAGE) await continueAsNew<typeof emptyCycle>({ refs: refs.slice(PAGE) });
}

/** What one durable child per record costs when there is nothing to do. */
export async function emptyRecord(): Promise<void> {}
