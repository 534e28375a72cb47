import { REQUEUE_EXIT_CODE, withoutRecord } from './run-task.js';
import type { SlurmOptions } from './slurm-options.js';
import { usualResources } from './slurm-options.js';
import type { Sweep } from './sweep-plan.js';
import { packedInTasks } from './task-packing.js';

/**
 * A Kubernetes job (1.29 or newer) whose pods do the tasks by `JOB_COMPLETION_INDEX`. A pod that was evicted, or that ended
 * with 75, is started again without counting; one that failed, three times.
 */
export function indexedJob(
  sweep: Sweep,
  options: Pick<SlurmOptions, 'maxParallel' | 'mem' | 'cpus' | 'gpus'> & { readonly image: string },
): string {
  const { cpus = 1, gpus, image } = options;
  const tasks = packedInTasks(sweep.planned, sweep.tasks);
  const mem = (options.mem ?? usualResources(tasks, cpus).mem).replace(
    /^(\d+)([KMGT]?)B?$/i,
    (_, n, unit) => `${n}${(unit || 'M').toUpperCase()}i`,
  );
  const gpu = gpus === undefined ? '' : '\n              nvidia.com/gpu: 1';
  return `# ${sweep.name}: ${withoutRecord(sweep, sweep.planned).length} of ${sweep.runs} runs to do, ${sweep.tasks} tasks.
# The volume "results" must hold what lies in ${sweep.results}/sweeps/${sweep.name} here.
apiVersion: batch/v1
kind: Job
metadata:
  name: kit-${sweep.name}
spec:
  completionMode: Indexed
  completions: ${sweep.tasks}
  parallelism: ${Math.min(options.maxParallel ?? sweep.tasks, sweep.tasks)}
  backoffLimitPerIndex: 3
  maxFailedIndexes: ${sweep.tasks}
  podFailurePolicy:
    rules:
      - action: Ignore
        onPodConditions: [{ type: DisruptionTarget }]
      - action: Ignore
        onExitCodes: { operator: In, values: [${REQUEUE_EXIT_CODE}] }
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 60
      containers:
        - name: kit
          image: ${image}
          args: [sweep, run, ${sweep.name}, --results, /results, --workers, "${cpus}"]
          resources:
            requests: { cpu: "${cpus}", memory: ${mem} }
            limits:
              memory: ${mem}${gpu}
          env:
            - { name: KIT_DATA, value: /data }
            - { name: KIT_CACHE, value: /cache }
          volumeMounts:
            - { name: results, mountPath: /results }
            - { name: data, mountPath: /data, readOnly: true }
            - { name: cache, mountPath: /cache }
      volumes:
        - { name: results, persistentVolumeClaim: { claimName: kit-results } }
        - { name: data, persistentVolumeClaim: { claimName: kit-data } }
        - { name: cache, persistentVolumeClaim: { claimName: kit-cache } }
`;
}
