import { googlenet } from './googlenet.js';
import type { Network } from './network.js';
import { vgg16 } from './vgg16.js';

/** The networks that the kit describes, by the name of the folder that their weights lie in. */
export const networks: Readonly<Record<string, Network>> = { googlenet, vgg16 };
