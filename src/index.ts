// First: nothing may load onnxruntime before it.
import './backends/onnxruntime/no-telemetry.js';

export { type BackendDescription, type BackendName, startBackend } from './backends/start-backend.js';
export { type LoadCars196Options, loadCars196 } from './datasets/cars-196.js';
export {
  type ClassDisjointSplit,
  type ClassDisjointSplitOptions,
  classDisjointSplit,
} from './datasets/class-disjoint-split.js';
export { type ClassFoldOptions, classFold } from './datasets/class-folds.js';
export { type LoadCub200Options, loadCub200 } from './datasets/cub-200.js';
export { type LoadCub200CropsOptions, loadCub200Crops } from './datasets/cub-200-crops.js';
export { loadEmoji } from './datasets/emoji.js';
export { type FixedSizeImageSet, toFixedSize } from './datasets/fixed-size-image-set.js';
export { type ImageFolderOptions, loadImageFolder } from './datasets/image-folder.js';
export { type LoadOnlineProductsOptions, loadOnlineProducts } from './datasets/online-products.js';
export { type ClassSplit, paperSplit, type SplitImageSet, splitByClasses } from './datasets/paper-split.js';
export { type DatasetReport, type VerifyOptions, verifyDataset } from './datasets/verify-dataset.js';
export { adjustedMutualInformation } from './evaluation/adjusted-mutual-information.js';
export { type EvaluateEmbeddingsOptions, evaluateEmbeddings } from './evaluation/evaluate-embeddings.js';
export { type KMeansOptions, type KMeansResult, kMeans } from './evaluation/k-means.js';
export { meanAveragePrecisionAtR, rPrecision } from './evaluation/mean-average-precision-at-r.js';
export {
  type Metric,
  type NearestNeighbours,
  type NearestNeighboursOptions,
  nearestNeighbours,
} from './evaluation/nearest-neighbours.js';
export { normalizedMutualInformation } from './evaluation/normalized-mutual-information.js';
export { type NpyArray, readNpy } from './evaluation/npy-file.js';
export { pairwiseF1 } from './evaluation/pairwise-f1.js';
export type { RetrievalOptions, SingleImageClasses } from './evaluation/positive-ranks.js';
export { readEmbeddings } from './evaluation/read-embeddings.js';
export { recallAtK } from './evaluation/recall-at-k.js';
export { describeEnvironment } from './experiments/environment.js';
export type { ExperimentData } from './experiments/experiment-data.js';
export { readRecords } from './experiments/record-store.js';
export {
  type RunEmbeddings,
  type RunExperimentOptions,
  runExperiment,
} from './experiments/run-experiment.js';
export { parseRunSpec, type RunSpec, runId } from './experiments/run-spec.js';
export { type Degrees, degrees, type Radians, radians, toDegrees, toRadians } from './geometry/angle.js';
export {
  guaranteedDistanceRatio,
  LARGEST_ALPHA_OF_RIGHT_NEIGHBOURS,
} from './geometry/neighbour-guarantee.js';
export {
  angleAtAnchor,
  angleAtNegative,
  auxiliaryPoint,
  constructedAngleAtNegative,
  midpoint,
  type Point,
  type Triangle,
  tangentAtNegative,
  violatesBound,
  violatingShare,
} from './geometry/triangle.js';
export { KitError, type KitErrorCode } from './kit-error.js';
export { throwIfInterrupted, withProgress } from './lab/cell-progress.js';
export { showChart, showImage, showMarkdown, showPictures } from './lab/notebook-display.js';
export { type AngularHingeOptions, angularHingeLoss } from './losses/angular-hinge-loss.js';
export { type AngularLossOptions, type AngularNegatives, angularLoss } from './losses/angular-loss.js';
export type { BatchLoss } from './losses/batch-loss.js';
export { type ContrastiveLossOptions, contrastiveLoss } from './losses/contrastive-loss.js';
export { type LiftedStructureLossOptions, liftedStructureLoss } from './losses/lifted-structure-loss.js';
export { type MarginLossOptions, marginLoss } from './losses/margin-loss.js';
export { type MultiSimilarityLossOptions, multiSimilarityLoss } from './losses/multi-similarity-loss.js';
export { type NPairAngularLossOptions, nPairAngularLoss } from './losses/n-pair-angular-loss.js';
export { type NPairLossOptions, nPairLoss } from './losses/n-pair-loss.js';
export type { ProxyOptions } from './losses/proxies.js';
export { type ProxyAnchorLossOptions, proxyAnchorLoss } from './losses/proxy-anchor-loss.js';
export { proxyNcaLoss } from './losses/proxy-nca-loss.js';
export * as reference from './losses/reference/index.js';
export { type TripletHingeOptions, tripletHingeLoss } from './losses/triplet-hinge-loss.js';
export { type TripletLossOptions, tripletLoss } from './losses/triplet-loss.js';
export { batchHardTriplets } from './mining/batch-hard-triplets.js';
export {
  type DistanceWeightedOptions,
  distanceWeightedTriplets,
} from './mining/distance-weighted-triplets.js';
export {
  HardClassNPairSampler,
  type HardClassNPairSamplerOptions,
} from './mining/hard-class-n-pair-sampler.js';
export { MPerClassSampler, type MPerClassSamplerOptions } from './mining/m-per-class-sampler.js';
export { type MinedPairs, multiSimilarityPairs } from './mining/multi-similarity-pairs.js';
export { NPairSampler, type NPairSamplerOptions } from './mining/n-pair-sampler.js';
export type { Triplets } from './mining/triplet-list.js';
export {
  allTriplets,
  angularTriplets,
  hardTriplets,
  type MinerOptions,
  semiHardTriplets,
} from './mining/triplet-miners.js';
export { type EmbeddingHeadOptions, embeddingHead } from './models/embedding-head.js';
export type { Model, Parameter } from './models/model.js';
export { type ChartSpec, type RenderedChart, renderChart } from './report/chart.js';
export { claimsOverview } from './report/claims.js';
export { CONVERGENCE_COLUMN } from './report/comparison.js';
export { type ComparisonTableOptions, comparisonTable } from './report/comparison-table.js';
export { convergenceTable } from './report/convergence-table.js';
export { lossColour } from './report/loss-colours.js';
export { curveChart, recallAtKChart, recallChart } from './report/method-charts.js';
export { publishedTable } from './report/published-values.js';
export { rankChart } from './report/rank-chart.js';
export { type SettingChartOptions, settingChart } from './report/setting-chart.js';
export { type ScoreTables, scoreTables, summaryTable } from './report/table.js';
export { triesChart, triesSpans } from './report/tries-chart.js';
export { SeededRandom } from './seeded-random.js';
export { type Estimate, estimate } from './statistics/estimate.js';
export { holmAdjusted } from './statistics/holm.js';
export { type PairedDifference, pairedDifference } from './statistics/paired-difference.js';
export { type RankInterval, rankIntervals } from './statistics/ranks.js';
export { type ClassDifferences, twoLevelDifference } from './statistics/two-level-bootstrap.js';
export { type Claim, type Finding, type Verdict, verdict } from './statistics/verdict.js';
export { Optimizer, type OptimizerOptions, type Schedule } from './training/optimizer.js';
export type { ClassScores } from './types/class-scores.js';
export type { EmbeddingTable } from './types/embedding-table.js';
export type { ImageItem, ImageSet, RgbImage } from './types/image-set.js';
export type { ClassAndImageCount, CurvePoint, RunMetrics, RunRecord } from './types/run-record.js';
