/** Serving creation requests: what is known of a person, the row that is going to be made, and the one transaction that makes it true. */
export { type CreationHead, creationHead, creationHeads } from './head';
export { type RowToCreate, type RowWish, reserveRow, reserveRows } from './reserve';
export {
  type CreationSettlement,
  type EndWithoutWork,
  endAllWithoutWork,
  endWithoutWork,
  settleCreation,
  settleCreations,
  settledCreation,
} from './settle';
