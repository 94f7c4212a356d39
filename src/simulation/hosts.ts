import type { SimulatedHost } from './model.ts'

/** The machine of all scenarios. `.example` names are reserved (RFC 2606). */
export const WORKSTATION: SimulatedHost = {
  name: 'WS014',
  domain: 'corp.example',
  user: 'j.doe',
  userSid: 'S-1-5-21-1004336348-1177238915-682003330-1107',
  deviceId: '5f0c2d0e9b7a4c51a3d6e8f1029384756abcdef0',
}

export const ADMINISTRATORS_SID = 'S-1-5-32-544'
export const SYSTEM_SID = 'S-1-5-18'
