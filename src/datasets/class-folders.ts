import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { factsOf } from '../files/file-facts.js';

/** Endings that the decoder reads. */
const PICTURE = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif|svg)$/i;
/** Pictures to a person, that the decoder does not read. */
const OTHER_PICTURE = /\.(bmp|dib|hei[cf]|p[bgnp]m|ico|jp2|jxl|raw|cr2|nef|dng|psd)$/i;
/** What systems and programs leave in folders of pictures. */
const OF_A_SYSTEM =
  /^(\..*|__MACOSX|@eaDir|#recycle|\$RECYCLE\.BIN|System Volume Information|Thumbs\.db|ehthumbs\.db|desktop\.ini|lost\+found)$/i;

const LOOP = 'a link to a folder above it';

/** A file or folder that is no part of the data, and why. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

export interface ClassFolder {
  readonly name: string;
  /** Relative to the root, those of subfolders too. */
  readonly pictures: readonly string[];
}

/**
 * The folders of a root and the pictures in each and below it, in the order of their names. Links count as what they lead
 * to. Names that systems give (beginning with a dot, `__MACOSX`, `Thumbs.db`) are passed over; everything else that is
 * no picture is told.
 */
export function classFolders(directory: string): {
  readonly folders: readonly ClassFolder[];
  readonly leftOut: readonly LeftOut[];
} {
  const leftOut: LeftOut[] = [];
  const picturesIn = (folder: string, above: readonly string[]): string[] => {
    const found: string[] = [];
    for (const name of namesIn(join(directory, folder))) {
      const path = join(folder, name);
      const whole = join(directory, path);
      const facts = factsOf(whole);
      const identity = identityOf(facts);
      if (facts === undefined) leftOut.push({ path, reason: whyAbsent(name) });
      else if (facts.isDirectory()) {
        if (above.includes(identity)) leftOut.push({ path, reason: LOOP });
        else {
          const inside = picturesIn(path, [...above, identity]);
          if (inside.length === 0 && isPicture(name)) leftOut.push({ path, reason: 'a folder' });
          found.push(...inside);
        }
      } else if (!facts.isFile()) leftOut.push({ path, reason: 'a pipe or device' });
      else if (PICTURE.test(name)) found.push(path);
      else if (OTHER_PICTURE.test(name))
        leftOut.push({ path, reason: 'a picture that can’t be decoded here; convert it to PNG or JPEG' });
      else leftOut.push({ path, reason: 'no picture by its ending' });
    }
    return found;
  };
  const folders: ClassFolder[] = [];
  const root = identitiesFrom(directory);
  for (const name of namesIn(directory)) {
    const facts = factsOf(join(directory, name));
    const identity = identityOf(facts);
    if (facts?.isDirectory() && root.includes(identity)) leftOut.push({ path: name, reason: LOOP });
    else if (facts?.isDirectory()) folders.push({ name, pictures: picturesIn(name, [...root, identity]) });
    else if (facts === undefined) leftOut.push({ path: name, reason: whyAbsent(name) });
    else
      leftOut.push({
        path: name,
        reason: isPicture(name) ? 'a picture in no folder of a class' : 'no picture',
      });
  }
  return { folders, leftOut };
}

/** Whether a file is a picture by its name, decodable here or not. */
export function isPicture(name: string): boolean {
  return PICTURE.test(name) || OTHER_PICTURE.test(name);
}

/** Folders in a folder, those of systems left out. */
export function foldersIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return namesIn(directory).filter((name) => factsOf(join(directory, name))?.isDirectory());
}

/** What two paths to one folder share. */
function identityOf(facts: ReturnType<typeof factsOf>): string {
  return `${facts?.dev}:${facts?.ino}`;
}

/** Of a folder and of all above it. */
function identitiesFrom(directory: string): string[] {
  const identities: string[] = [];
  for (let path = realpathSync(directory), last = ''; path !== last; last = path, path = dirname(path))
    identities.push(identityOf(factsOf(path)));
  return identities;
}

function whyAbsent(name: string): string {
  return name.includes('\ufffd') ? 'its name is not UTF-8; rename it' : 'a link that leads nowhere';
}

function namesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => !OF_A_SYSTEM.test(name))
    .sort();
}

/** In a line: `4 left out: a.bmp (…), b.txt (…), …`; undefined where nothing was. */
export function leftOutLine(leftOut: readonly LeftOut[]): string | undefined {
  if (leftOut.length === 0) return undefined;
  const named = leftOut.slice(0, 5).map(({ path, reason }) => `${path} (${reason})`);
  return `${leftOut.length.toLocaleString('en')} left out: ${named.join(', ')}${leftOut.length > named.length ? ', …' : ''}`;
}
