/** One picture in memory: 8-bit RGB, interleaved, row-major, top row first. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** `width * height * 3` bytes. */
  readonly data: Uint8Array;
}

export interface ImageItem {
  /** Where the picture comes from, relative to the data set's root; what messages name. */
  readonly path: string;
  /** Index into `ImageSet.classNames`. */
  readonly label: number;
}

/** A labelled set of pictures. Decoding is lazy: nothing is read before `read`. */
export interface ImageSet {
  /** Short name that goes into records, for example `emoji`. */
  readonly name: string;
  readonly classNames: readonly string[];
  readonly items: readonly ImageItem[];
  /** What names the pixels of each item across data sets: what is computed from a picture is kept under it. */
  readonly digests?: readonly string[];
  /** SHA-256 (hex) over the list and whatever decides the pixels: equal checksums mean equal data. */
  readonly checksum: string;
  /** Set where the copy on disk is incomplete, for example `partial: 2,889 of 11,788 images, 50 of 200 classes`. */
  readonly partial?: string;
  /** Files beside the pictures that are no part of the set, each with the reason. */
  readonly leftOut?: readonly string[];
  /** Decodes picture `index`. @throws KitError `broken-image` with the path. */
  read(index: number): Promise<RgbImage>;
}
