/** The workers of one process, one for each task queue. */
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { ANSWER_QUEUE, CREATE_QUEUE, TASK_QUEUE } from './names';
import { ANSWERING_SIZE, CREATING_SIZE, WORKER_SIZE } from './workerSize';

export interface Workers {
  /** Resolves when all have ended; when one fails, the others are asked to end. */
  run(): Promise<void>;
  shutdown(): void;
}

export async function createWorkers(options: Omit<WorkerOptions, 'taskQueue'>): Promise<Workers> {
  const workers = await Promise.all([
    Worker.create({ ...options, ...WORKER_SIZE, taskQueue: TASK_QUEUE }),
    Worker.create({ ...options, ...CREATING_SIZE, taskQueue: CREATE_QUEUE }),
    Worker.create({ ...options, ...ANSWERING_SIZE, taskQueue: ANSWER_QUEUE }),
  ]);
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  return {
    async run() {
      await Promise.all(workers.map((worker) => worker.run().finally(shutdown)));
    },
    shutdown,
  };
}
