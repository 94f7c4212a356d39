/** From one judged subscription to the questions and steps of its response, its own names safely filled in. */
export { code, visibleText } from './markdown.ts'
export { buildPlaybook, renderPlaybook } from './playbook.ts'
export { powershellText } from './powershell.ts'
export type { Playbook, PlaybookSection, PlaybookStep, PlaybookSubject } from './subject.ts'
