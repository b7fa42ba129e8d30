// Everything exported here is a workflow type.
export { answerFlowStep } from './answerFlowStep';
export { doctor } from './doctor';
export { plan } from './plan';
export { setUp } from './setUp';
export { syncCycle } from './syncCycle';
export { syncPage } from './syncPage';
export { syncPeopleToMicrosoft } from './syncPeopleToMicrosoft';
export { syncPersonToMicrosoft } from './syncPersonToMicrosoft';
export { syncRecord } from './syncRecord';
