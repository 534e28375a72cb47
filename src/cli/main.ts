#!/usr/bin/env node
import '../backends/onnxruntime/no-telemetry.js';
import { Command, InvalidArgumentError, Option } from 'commander';
import { KitError } from '../kit-error.js';
import { kitVersion } from './version.js';

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('expected a whole number, 1 or more.');
  return number;
}

function seed(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(number) || number < 0)
    throw new InvalidArgumentError('expected a whole number, 0 or more.');
  return number;
}

function listOf(value: string): string[] {
  const words = value.split(',').map((word) => word.trim());
  if (words.includes('')) throw new InvalidArgumentError('expected words with commas between them.');
  return words;
}

function numbersOf(value: string): number[] {
  const numbers = listOf(value).map(Number);
  if (numbers.some(Number.isNaN))
    throw new InvalidArgumentError('expected numbers with commas between them.');
  return numbers;
}

function namedNumber(value: string, before: Record<string, number> = {}): Record<string, number> {
  const [, name, number] = /^(.+)=(.+)$/.exec(value) ?? [];
  if (name === undefined || Number.isNaN(Number(number)))
    throw new InvalidArgumentError('expected a name, =, and a number.');
  return { ...before, [name]: Number(number) };
}

/** How pictures are prepared for an .onnx file, and what else it takes. */
function withOnnxOptions(command: Command): Command {
  return command
    .option(
      '--preprocess <name>',
      "of an .onnx file: torchvision, caffe, clip, or a timm model's config.json (default: as the file says, else torchvision)",
    )
    .option('--mean <list>', 'of an .onnx file: three numbers between 0 and 1', numbersOf)
    .option('--std <list>', 'of an .onnx file: three numbers between 0 and 1', numbersOf)
    .option('--resize <pixels>', 'of an .onnx file: shorter side before the crop', wholeNumber)
    .option('--crop <pixels>', 'of an .onnx file: side of the middle square that it takes', wholeNumber)
    .option('--input <name>', 'of an .onnx file: the input that takes pictures')
    .option(
      '--input-value <name=number>',
      'of an .onnx file: what another input is filled with',
      namedNumber,
    );
}

const program = new Command('kit')
  .description('Reproduces "Deep Metric Learning with Angular Loss" (ICCV 2017): train, evaluate, report.')
  .version(kitVersion)
  .showHelpAfterError('(run with --help for the options)');

withOnnxOptions(
  program
    .command('reproduce')
    .description(
      'train and evaluate every method of an experiment, then write tables, figures and results/index.html',
    )
    .argument(
      '[experiment]',
      'an experiment of experiments/ by name, the path of an experiment file, or a folder of your own pictures, one folder a class',
      'emoji',
    )
    .option(
      '--profile <name>',
      "size of the experiment, for example smoke, quick or full (default: the experiment's own, else quick, else its first)",
    )
    .option(
      '--only <methods>',
      'comma-separated; runs only the methods of these names, or whose names contain one',
      listOf,
    )
    .option('--seeds <n>', "number of seeds, instead of the profile's own", wholeNumber)
    .option(
      '--backbone <name>',
      'of your own pictures: train a head on its features; googlenet, or the path of an .onnx file',
    )
    .option('--layer <name>', "of an .onnx file, an output's name, needed where it has several")
    .option(
      '--write-experiment <file.json>',
      'of your own pictures: write the experiment file and train nothing',
    )
    .option('--plan', 'say what there is to do, how long it takes here, disk and memory, and train nothing')
    .option('--force', 'run again what has a record already')
    .option('--judge-only', 'with claims: judge from the records that are there, run nothing')
    .option('--workers <n>', 'processes side by side (default: one a core)', wholeNumber)
    .option('--results <folder>', 'where records, tables and the page go', 'results'),
).action(async (experiment, options) => {
  if (experiment === 'claims') {
    const { claimsCommand } = await import('./claims-command.js');
    const { workers, results, judgeOnly, ...others } = options;
    const [other] = Object.keys(others);
    if (other !== undefined)
      throw new KitError(
        'invalid-argument',
        `kit reproduce claims runs each experiment as it is; of the options it takes --workers, --results and --judge-only, not ${other}.`,
      );
    return claimsCommand({ workers, results, judgeOnly });
  }
  const { reproduceCommand } = await import('./reproduce-command.js');
  await reproduceCommand(experiment, options);
});

const sweep = program
  .command('sweep')
  .description('many runs: here, on Slurm, or wherever tasks are numbered')
  .showHelpAfterError('(run with --help for the options)');

const SWEEP = 'a name under results/sweeps (default: the one planned last)';
const onResults = (command: Command) =>
  command.option('--results <folder>', 'where sweeps and records are', 'results');

onResults(sweep.command('plan'))
  .description("write the manifest of an experiment's runs that have no record, packed in tasks of minutes")
  .argument('<experiment>', 'an experiment of experiments/ by name, or the path of an experiment file')
  .option('--profile <name>', "size of the experiment (default: the experiment's own, else quick)")
  .option('--only <methods>', 'comma-separated; only the methods of these names', listOf)
  .option('--seeds <n>', "number of seeds, instead of the profile's own", wholeNumber)
  .option('--task-minutes <n>', 'how long a task should last', wholeNumber, 10)
  .option('--seconds <n>', 'of a run, where this machine is not one that will run it', wholeNumber)
  .action(async (experiment, options) => {
    const { sweepPlanCommand } = await import('./sweep-plan-command.js');
    await sweepPlanCommand(experiment, options);
  });

onResults(sweep.command('run'))
  .description('do one task of a sweep; exit code 75 asks to be started again')
  .argument('[sweep]', SWEEP)
  .option('--index <i>', 'which, from 0 (default: JOB_COMPLETION_INDEX)', seed)
  .option('--of <n>', "pack the runs in so many tasks, instead of the plan's", wholeNumber)
  .option('--workers <n>', 'runs side by side', wholeNumber, 1)
  .option('--fail-fast', 'stop at the first run that fails')
  .action(async (name, options) => {
    const { sweepRunCommand } = await import('./sweep-run-command.js');
    await sweepRunCommand(name, options);
  });

function forSlurm(command: Command): Command {
  return onResults(command)
    .argument('[sweep]', SWEEP)
    .option('--options <file>', "Slurm's options (default: sweep.slurm.json where it is there)")
    .option('--partition <name>', 'Slurm: where it runs')
    .option('--account <name>', 'Slurm: who pays')
    .option('--time <limit>', 'Slurm: of a task, as sbatch takes it (default: three times what was planned)')
    .option(
      '--mem <size>',
      'Slurm: of a task, as sbatch takes it (default: a quarter more than was measured)',
    )
    .option('--gpus <1>', 'Slurm: a GPU a task, 1 or <type>:1')
    .option('--cpus <n>', 'Slurm: cores of a task, each with a run', wholeNumber)
    .option(
      '--array-limit <n>',
      "Slurm: tasks of one array (default: the cluster's MaxArraySize)",
      wholeNumber,
    )
    .option('--max-parallel <k>', 'tasks that run at the same time', wholeNumber)
    .option('--dry-run', 'Slurm: print the scripts and submit nothing')
    .option('--workers <n>', 'here: processes side by side (default: one a core)', wholeNumber)
    .option('--fail-fast', 'here: stop at the first run that fails');
}

forSlurm(sweep.command('submit'))
  .description('do all tasks, here or on Slurm, then write tables, figures and page')
  .addOption(new Option('--on <place>', 'where').choices(['local', 'slurm']).default('local'))
  .addOption(
    new Option('--print <what>', 'print the manifest for another scheduler instead').choices(['indexed-job']),
  )
  .option('--image <name>', 'of --print indexed-job: the container', 'angular-loss-kit:latest')
  .action(async (name, options) => {
    const { sweepSubmitCommand } = await import('./sweep-submit-command.js');
    await sweepSubmitCommand(name, options);
  });

forSlurm(sweep.command('retry'))
  .description('submit what failed or is missing, from checkpoints, at most three times each')
  .addOption(new Option('--on <place>', 'where (default: as it was)').choices(['local', 'slurm']))
  .action(async (name, options) => {
    const { sweepRetryCommand } = await import('./sweep-retry-command.js');
    await sweepRetryCommand(name, options);
  });

onResults(sweep.command('status'))
  .description('how far it is: tasks waiting, running, done, failed, timed out')
  .argument('[sweep]', SWEEP)
  .option('--watch', 'again and again until nothing waits or runs')
  .action(async (name, options) => {
    const { sweepStatusCommand } = await import('./sweep-status-command.js');
    await sweepStatusCommand(name, options);
  });

onResults(sweep.command('cancel'))
  .description('take it out of Slurm and end its processes here; records and checkpoints stay')
  .argument('[sweep]', SWEEP)
  .action(async (name, options) => {
    const { sweepCancelCommand } = await import('./sweep-cancel-command.js');
    await sweepCancelCommand(name, options);
  });

onResults(sweep.command('collect'))
  .description('tables, figures and page of the records that there are')
  .argument('[sweep]', SWEEP)
  .action(async (name, options) => {
    const { sweepCollectCommand } = await import('./sweep-collect-command.js');
    await sweepCollectCommand(name, options);
  });

program
  .command('choose')
  .description('the best try of each method of a tuning experiment, by validation classes')
  .argument('<experiment>', 'an experiment with a "search", by name or path')
  .option('--profile <name>', 'its profile', 'search')
  .option('--into <experiment>', 'write the settings into this experiment, with the record behind each')
  .option('--widen', 'where a best try lies at the edge of its range, add a round over wider ranges for all')
  .option('--results <folder>', 'where its records are', 'results')
  .action(async (experiment, options) => {
    const { chooseCommand } = await import('./choose-command.js');
    chooseCommand(experiment, options);
  });

program
  .command('train')
  .description(
    'run one spec (JSON: an experiment\'s run, as a record holds it under "spec") and write its record',
  )
  .argument('<spec>', 'path of the spec file, or of a record')
  .option('--keep', 'keep the trained network, for kit model export')
  .option('--force', 'run again even if it has a record already')
  .option('--results <folder>', 'where the record goes', 'results')
  .action(async (path, options) => {
    const { trainCommand } = await import('./train-command.js');
    await trainCommand(path, options);
  });

program
  .command('lab')
  .description('run the notebooks without Python; executed copies go to results/notebooks/')
  .argument(
    '[notebooks...]',
    'paths, or numbers or names of notebooks/, for example 03 or collapse (default: all of them)',
  )
  .option('--results <folder>', 'where the executed copies go', 'results')
  .option('--force', 'write over files of these names that the kit did not make')
  .option('--check', 'say which backends start here, on what, and what the others lack, and end')
  .action(async (paths, options) => {
    const { labCommand } = await import('./lab-command.js');
    await labCommand(paths, options);
  });

const course = program.command('course').description('assignments: release, check, grade');

course
  .command('release')
  .description("write the students' notebooks: solutions and hidden checks gone, test cells locked")
  .option('--masters <folder>', 'the master notebooks (default: notebooks/course)')
  .option('--out <folder>', 'where they go', 'coursework')
  .option('--force', 'write over files of these names that the kit did not make')
  .action(async (options) => {
    const { courseReleaseCommand } = await import('./course-command.js');
    await courseReleaseCommand(options);
  });

course
  .command('check')
  .description('run the visible checks of your own notebooks, as grading will')
  .argument('<notebooks...>', 'paths')
  .option('--cell-seconds <n>', 'processor time of a cell', wholeNumber)
  .option('--memory-megabytes <n>', 'memory of the notebook', wholeNumber)
  .action(async (paths, options) => {
    const { courseCheckCommand } = await import('./course-command.js');
    await courseCheckCommand(paths, options);
  });

course
  .command('grade')
  .description("grade a folder of submissions: marks, a feedback page each, Gradescope's results.json")
  .argument(
    '<submissions>',
    '<student>/<notebook>.ipynb, <student>/<assignment>/<notebook>.ipynb, or <student>.ipynb',
  )
  .option('--masters <folder>', 'the master notebooks (default: notebooks/course)')
  .option('--out <folder>', 'where marks and pages go', 'marks')
  .option('--cell-seconds <n>', 'processor time of a cell (default: 20)', wholeNumber)
  .option('--memory-megabytes <n>', 'memory of a submission (default: 1024)', wholeNumber)
  .option('--workers <n>', 'submissions side by side (default: one a core)', wholeNumber)
  .option('--force', 'write over files of these names that the kit did not make')
  .action(async (submissions, options) => {
    const { courseGradeCommand } = await import('./course-command.js');
    await courseGradeCommand(submissions, options);
  });

program
  .command('evaluate')
  .description(
    'score embeddings that any framework made: Recall@K, MAP@R, R-precision, NMI, AMI, pairwise F1',
  )
  .argument(
    '<embeddings>',
    '.npy of n rows, .npz, or a text table (.csv, .tsv, .txt) with the labels in a column',
  )
  .option('--labels <file>', '.npy of n integers or words, or a text file of one a line')
  .option(
    '--label-column <name>',
    'column that holds the labels, by name or number from 1 (default: the one so named, else the last)',
  )
  .addOption(
    new Option('--ks <list>', 'the Ks of Recall@K, comma-separated')
      .argParser(listOf)
      .default(['1', '2', '4', '8'], '1,2,4,8'),
  )
  .option('--seed <n>', 'seed of k-means', seed, 0)
  .option('--restarts <n>', 'starts of k-means, of which the best counts', wholeNumber, 1)
  .addOption(
    new Option('--single-image-classes <how>', 'queries whose class has no other row: a miss, or left out')
      .choices(['miss', 'exclude'])
      .default('miss'),
  )
  .option('--bootstrap <draws>', '95% intervals from so many draws of the classes', wholeNumber)
  .option('--out <file.json>', 'write a record here, and beside it the table (.csv, .md) and a page (.html)')
  .option('--force', 'write over files of these names that the kit did not make')
  .action(async (path, options) => {
    const { evaluateCommand } = await import('./evaluate-command.js');
    await evaluateCommand(path, options);
  });

withOnnxOptions(
  program
    .command('embed')
    .description(
      'features of every picture of a folder through a pretrained network, as .npy for kit evaluate',
    )
    .argument(
      '<pictures>',
      "a folder a class, one of the data sets of kit data list, or a run's record (its test pictures)",
    )
    .option('--backbone <name>', 'googlenet, vgg16, or the path of an .onnx file', 'googlenet')
    .option(
      '--weights <path>',
      'a .caffemodel or a folder of float files (default: in KIT_DATA or datasets/)',
    )
    .option(
      '--layer <name>',
      "whose output to take (default: pool5); of an .onnx file, an output's name, needed where it has several",
    )
    .option(
      '--view <name>',
      'whole, centre, or random-0, random-1, … (default: whole; of an .onnx file, centre)',
    )
    .option('--split <side>', 'all, train or test classes of a published data set', 'all')
    .option('--allow-partial', 'accept a copy that lacks images')
    .option('--boxes', 'cut pictures to their bounding boxes')
    .option('--out <file>', 'the .npy to write; labels go beside it', 'features.npy')
    .option('--force', 'write over files of these names that the kit did not make'),
).action(async (pictures, options) => {
  const { embedCommand } = await import('./embed-command.js');
  await embedCommand(pictures, options);
});

program
  .command('native')
  .description("build TensorFlow's engine from PyPI's wheels, for the processor (Linux, x64)")
  .option('--gpu', 'with CUDA, for an NVIDIA GPU: downloads 1.5 GB')
  .option('--force', 'build again')
  .action(async (options) => {
    const { nativeCommand } = await import('./native-command.js');
    await nativeCommand(options);
  });

program
  .command('gpu')
  .description('say which GPU this machine has and which engines fit it; with --engine, set one up')
  .addOption(new Option('--engine <name>', 'download and set up this one').choices(['webgpu', 'tensorflow']))
  .option('--force', 'set it up again')
  .action(async (options) => {
    const { gpuCommand } = await import('./gpu-command.js');
    await gpuCommand(options);
  });

program
  .command('bench')
  .description('time the kit beside its peers, turn by turn; results go to results/bench/')
  .argument('[benchmark]', 'losses, training, features or evaluation; default: all')
  .argument('[options...]', "the benchmark's own options, after --")
  .action(async (benchmark, options) => {
    const { benchCommand } = await import('./bench-command.js');
    benchCommand(benchmark, options);
  });

withOnnxOptions(
  program
    .command('search')
    .description('the pictures of a folder nearest to one, as text and as a page')
    .argument('<picture>', 'what to search for')
    .requiredOption('--in <folder>', 'where to search: a folder a class')
    .requiredOption('--backbone <file.onnx>', 'the network, for example of kit model export')
    .option('--layer <name>', 'an output of it, needed where it has several')
    .option('--count <n>', 'how many', wholeNumber, 10)
    .option('--out <file.html>', 'the page', 'search.html')
    .option('--force', 'write over a file that is there'),
).action(async (picture, options) => {
  const { searchCommand } = await import('./search-command.js');
  await searchCommand(picture, options);
});

program
  .command('model')
  .description('what was trained with --keep')
  .command('export')
  .description("write a run's network as an ONNX file, checked against the run's own embeddings")
  .argument('<record>', "path of the run's record")
  .option('--out <file.onnx>', 'where it goes', 'model.onnx')
  .option('--force', 'write over a file that is there')
  .action(async (record, options) => {
    const { modelExportCommand } = await import('./model-command.js');
    await modelExportCommand(record, options);
  });

const data = program.command('data').description('list, verify and get the data sets of the paper');

data
  .command('list')
  .description('terms, sizes, addresses, sums, and what is here')
  .action(async () => {
    const { dataListCommand } = await import('./data-command.js');
    dataListCommand();
  });

data
  .command('verify')
  .description('check copies on disk against the published lists')
  .argument(
    '[target]',
    'a name of kit data list, a folder, googlenet or vgg16 (weights); default: all in KIT_DATA or datasets/',
  )
  .action(async (target) => {
    const { dataVerifyCommand } = await import('./data-command.js');
    await dataVerifyCommand(target);
  });

data
  .command('get')
  .description('download a data set, or take over the copy that you have')
  .argument('<name>', 'a name of kit data list')
  .option('--accept-license', 'accept the terms that kit data list states')
  .option('--from <path>', 'an archive or a folder that you have, instead of downloading')
  .option('--allow-partial', 'keep a copy that lacks images')
  .action(async (name, options) => {
    const { dataGetCommand } = await import('./data-command.js');
    await dataGetCommand(name, options);
  });

// The reader of a pipe may leave early, as head does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

program.parseAsync().catch((error: unknown) => {
  if (error instanceof KitError) {
    process.stderr.write(`\n${error.message}\n`);
    process.exit(error.code === 'cancelled' ? 130 : 1);
  }
  throw error;
});
