/** What an engine says of itself once it runs. */
export interface StartedEngine {
  /** Of the packages that decide numbers. */
  readonly versions: Readonly<Record<string, string>>;
  /** What it computes on, as a record names it: the processor, or the GPU with its driver. */
  readonly device: string;
  /** Threads of one operation; 1 where there is no such choice. */
  readonly threads: number;
  /** Whether the same run on the same device gives the same bits again. */
  readonly deterministic: boolean;
}

/** One way to compute. `start` makes it the backend of tfjs. */
export interface Engine {
  /**
   * @param options.threads of one operation
   * @throws Error whose first line says what is missing and what to install
   */
  start(options: { readonly threads: number }): Promise<StartedEngine>;
}
