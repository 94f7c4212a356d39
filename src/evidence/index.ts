/**
 * Evidence as the user gives it (files, folders, archives in archives) → one {@link EvidenceFile} after the other:
 * opened in place, its kind known by content, its id stable, its bytes streamed once and hashed while they pass.
 * Nothing is ever written beside evidence; what an archive may ask for is limited.
 */
export { EvidenceFile, HEAD_BYTES } from './evidence-file.ts'
export { type ContainerFormat, type FileFormat, identify } from './identify.ts'
export { DEFAULT_LIMITS, type EvidenceLimits } from './limits.ts'
export { type OpenOptions, openEvidence } from './open.ts'
export { decodeText, sniffTextEncoding, type TextEncoding, toUtf8 } from './text-encoding.ts'
