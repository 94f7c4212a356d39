/**
 * Records of every kind → observations: one statement of one source about a subscription or a part of it. What only
 * looks like the technique (enumeration, removal, temporary queries) is passed on as dismissed, with the reason.
 */
export { RemoteLogons } from './logons.ts'
export { consumerOfPath, filterNameOfPath } from './objects.ts'
export { channelKind, type LogKind, logKind, Observer } from './observer.ts'
export { accountName, baseName } from './place.ts'
export { foreignProvider, normalizePath, userWritable } from './provider-path.ts'
export { ConsumerProviders, type ServedClass } from './providers.ts'
