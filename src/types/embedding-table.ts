/** n embeddings of one dimension with their labels: what every evaluation takes. */
export interface EmbeddingTable {
  /** n × `dimension`, row-major. */
  readonly vectors: Float32Array;
  readonly dimension: number;
  /** n integers of any size; equal means same class. */
  readonly labels: Int32Array;
}
