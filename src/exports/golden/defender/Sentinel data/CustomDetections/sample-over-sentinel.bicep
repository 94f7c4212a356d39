extension MicrosoftSecurity

// The preview takes no custom details; they are in the Graph form beside this file.
resource sample_over_sentinel 'Microsoft.Security/detectionRules@2026-06-01-preview' = {
  id: 'sample-over-sentinel'
  displayName: 'A sample rule'
  description: 'Finds a sample: nothing else. Its second paragraph.'
  status: 'disabled'
  queryCondition: {
    queryText: '''
DeviceEvents
| where ActionType == 'WmiBindEventFilterToConsumer'
| extend Path = @'C:\Windows', Quote = "it's"
| project TimeGenerated, DeviceName, ConsumerName, CreatorSid, Payload, AlertSeverity
| extend Timestamp = TimeGenerated, ReportId = tostring(hash(strcat(tostring(TimeGenerated), '|', tostring(DeviceName))))'''
  }
  schedule: {
    frequency: 'PT1H'
  }
  detectionAction: {
    alertTemplate: {
      title: 'A sample rule'
      description: 'Finds a sample: nothing else. Its second paragraph.'
      severity: 'high'
      recommendedActions: 'Collect all namespaces before anything is changed, compare the whole subscription with what is known to be good, isolate the host when the payload is explicit; remove binding, then consumer, then filter.'
      tactics: [
        {
          tactic: 'Persistence'
          techniques: [
            {
              technique: 'T1546'
              subTechniques: [
                'T1546.003'
              ]
            }
          ]
        }
      ]
      entityMappings: {
        hosts: [
          {
            id: 'hosts1'
            nameColumn: 'DeviceName'
          }
        ]
        accounts: [
          {
            id: 'accounts1'
            sidColumn: 'CreatorSid'
          }
        ]
      }
    }
  }
}
