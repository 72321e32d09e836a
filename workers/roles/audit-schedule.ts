// The Temporal Schedule that audits by itself; made once, and an operator's changes of it stay.
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { controlQueue } from '../../domain/task-queues.ts';

const scheduleId = 'scoria-audit';
const every = '6 hours';

/** Makes the schedule; there already is success. */
export async function keepAuditSchedule(client: Client): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId,
      spec: { intervals: [{ every }], jitter: '10 minutes' },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 hour' },
      action: {
        type: 'startWorkflow',
        workflowType: 'audit',
        workflowId: 'audit/schedule',
        taskQueue: controlQueue,
        args: [{ actor: 'schedule', repair: false }],
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
