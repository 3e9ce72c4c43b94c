import packageFile from '../package.json' with { type: 'json' };

/** The version of this software, as package.json says it: `x.y.z`. */
export const THIS_VERSION: string = packageFile.version;
