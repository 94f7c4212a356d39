/** Codes of `evidence`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const evidenceCodes = {
  'evidence/not-found': 'A path that was given does not exist.',
  'evidence/unreadable':
    'A file or folder could not be opened or read (permissions, a failing disk, a lock).',
  'evidence/not-a-file':
    'A device, pipe, socket or a symbolic link that leads outside the given path was left out.',
  'evidence/empty-file': 'A file that should hold evidence has no bytes.',
  'evidence/undecodable-text':
    'A text has bytes that are no characters in its encoding; U+FFFD stands in their place.',
  'evidence/formatted-listing':
    'A listing that PowerShell or WMIC formatted for people was not read: long values are wrapped or cut in it.',
  'evidence/unknown-kind': 'The content of a file is none of the kinds that can be read.',
  'evidence/damaged-archive': 'An archive is cut or damaged; members before the damage were read.',
  'evidence/encrypted-member': 'An archive or a member of it is encrypted and was not read.',
  'evidence/checksum-mismatch': 'A member of an archive was read, but its checksum is not the stored one.',
  'evidence/unsupported-container':
    'A container (archive, disk or memory image) of a format that is not opened.',
  'evidence/misnamed': 'A file was read as what it contains, which is not what its name says.',
  'evidence/path-escape':
    'A member of an archive has an absolute name or one with `..`; it was read under a safe name.',
  'evidence/limit':
    'An archive goes beyond a limit on nesting, members, expanded size or ratio; the rest of it was not read.',
  'evidence/seven-zip-missing':
    'A 7z archive needs the optional package 7z-wasm or a 7z command, and there is neither.',
} as const
