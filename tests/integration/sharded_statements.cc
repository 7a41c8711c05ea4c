#include "tests/integration/sharded_statements.h"

#include "common/store/postgres/statements.h"

namespace windrow::integration {

using namespace store::postgres;  // NOLINT(google-build-using-namespace): each statement

const std::vector<Routed> kRouted = {
    // Publishing.
    {&kStartPublish, "ARRAY[{tenant}], ARRAY[1], 3"},
    {&kFindEventKeys, "ARRAY[{tenant}, {tenant}], ARRAY['key-{tenant}', 'none']"},
    {&kInsertEventKeys, "ARRAY[{tenant}], ARRAY['new'], ARRAY[7]"},
    {&kInsertEvents,
     "ARRAY[ROW({tenant}, 7, 1, 'new', 'ticket.created', 'ticket', '7', 'm', 'a', "
     "{key_fields}, '{{}}', '{{}}', '{{}}', '{{}}', '{webhook}', 1)::windrow_event]"},
    {&kOpenWindows,
     "ARRAY['{other}'::uuid], ARRAY[{bucket}], ARRAY[{tenant}], "
     "ARRAY['{webhook}'::uuid], "
     "ARRAY[1], ARRAY[1000], ARRAY['g'], ARRAY[]::text[], ARRAY[7]"},
    {&kAppendItems,
     "ARRAY['{open}'::uuid], ARRAY[{tenant}], ARRAY[100], ARRAY[false], ARRAY[1], "
     "ARRAY[1], ARRAY[{event}], ARRAY[1], ARRAY[0]"},
    {&kInsertWindows,
     "ARRAY[ROW('{other}', {bucket}, {tenant}, '{webhook}', 1, 0, NULL, 100, "
     "ARRAY[{event}], ARRAY[1], NULL, 0)::windrow_window]"},
    {&kListEnabledWebhooks, "{tenant}"},
    {&kLoadEventTypes, "{tenant}"},
    {&kLearnEventTypes, "{tenant}, ARRAY['new', 'expected'], ARRAY['a', 'b'], 100"},
    {&kFindSeenEventTypes, "{tenant}, ARRAY['ticket.created', 'none']"},

    // Claiming, rendering.
    {&kClaimWindows,
     "1, ARRAY[{bucket}, {gated_bucket}], ARRAY['{webhook}', '{gated}']::uuid[], "
     "ARRAY[10, 10], 5000, ARRAY[false, false], 1000000, ARRAY[{tenant}, {tenant}]"},
    {&kLockGates, "ARRAY[{tenant}], ARRAY['{gated}'::uuid]"},
    {&kCountLeases, "ARRAY[{gated_bucket}], ARRAY['{gated}'::uuid], ARRAY[{tenant}]"},
    {&kClaimGatedWindows,
     "1, ARRAY[{gated_bucket}], ARRAY['{gated}'::uuid], ARRAY[10], 5000, 100, 1000000, "
     "ARRAY[{tenant}]"},
    {&kChargeGates, "ARRAY['{gated}'::uuid], ARRAY[0], ARRAY[{tenant}]"},
    {&kLoadWindowItems,
     "ARRAY[{tenant}, {tenant}], ARRAY['{open}', '{retrying}']::uuid[]"},
    {&kOldestWindow, "{tenant}"},
    {&kLoadEvents, "ARRAY[{tenant}], ARRAY[{event}], ARRAY[{received}]"},
    {&kLoadKeyFields, "ARRAY[{tenant}], ARRAY[{key_fields}]"},
    {&kReadHeads, "ARRAY[{tenant}, {tenant}], ARRAY['{webhook}', '{gated}']::uuid[]"},
    {&kLoadWebhook, "'{webhook}', {tenant}"},
    {&kLoadWebhookVersion, "'{webhook}', 1, {tenant}"},
    {&kRenewLeases, "ARRAY['{leased}'::uuid], ARRAY[{tenant}], ARRAY[1], 60000"},
    {&kReleaseWindows, "ARRAY['{leased}'::uuid], ARRAY[{tenant}], ARRAY[1]"},

    // Recording.
    {&kFinishWindows,
     "ARRAY['{leased}'::uuid], ARRAY[1], ARRAY[{tenant}], "
     "ARRAY[ROW({tenant}, '{leased}', '{webhook}', 1, 5, 'ticket.created', '7', 1, "
     "ARRAY[1], ARRAY[1], NULL, NULL, NULL, 1, 1000, 500, ARRAY[1, 2, 3, 4], "
     "'192.0.2.1', 200, 0, NULL, 10, 10)::windrow_record], "
     "ARRAY[ROW({tenant}, '{leased}', 'a: b', 'b', 'c', 'd')::windrow_bodies]"},
    {&kRetryWindows,
     "ARRAY['{leased}'::uuid], ARRAY[1], ARRAY[{tenant}], ARRAY['{webhook}'::uuid], "
     "ARRAY[1000], ARRAY[1000], ARRAY[500], ARRAY['{{1,2,3,4}}'], ARRAY['192.0.2.1'], "
     "ARRAY[503], ARRAY[10], ARRAY[NULL]::text[], ARRAY[10], ARRAY[10], "
     "ARRAY['c'::bytea], ARRAY['d'::bytea]"},
    {&kInsertLateAttempts,
     "ARRAY['{finished}'::uuid], ARRAY[9], ARRAY[{tenant}], ARRAY[1], ARRAY[1000], "
     "ARRAY[500], ARRAY['{{1,2,3,4}}'], ARRAY['192.0.2.1'], ARRAY[503], ARRAY[10], "
     "ARRAY[NULL]::text[], ARRAY[10], ARRAY[10], ARRAY['c'::bytea], ARRAY['d'::bytea]"},
    {&kCountFailures,
     "ARRAY['{webhook}'::uuid], ARRAY[false], ARRAY[1], ARRAY[{tenant}]"},
    {&kAwaitGates, "ARRAY[{tenant}], ARRAY['{gated}'::uuid]"},
    {&kPromoteWindows,
     "ARRAY[{gated_bucket}], ARRAY['{gated}'::uuid], ARRAY['webhook'], ARRAY[{tenant}]"},
    {&kInsertNotice, "{tenant}, '{webhook}', 1, 'name', 'why'"},

    // Reading (lists are made at run time: see sharding_test.cc).
    {&kDeliveryExists, "'{finished}', {tenant}"},
    {&kListAttempts, "'{finished}', {tenant}, 0, 10"},
    {&kLoadLastAttempts, "ARRAY['{finished}', '{retrying}']::uuid[], {tenant}"},
    {&kLoadItemHeads, "ARRAY[{tenant}], ARRAY[{event}], ARRAY[{received}]"},
    {&kGetEvent, "{tenant}, {event}"},

    // Cancelling, sending again.
    {&kFindWindow, "{tenant}, '{retrying}'"},
    {&kCancelWindows, "{bucket}, '{webhook}', 'why', NULL, {tenant}"},
    {&kHastenWindows, "{tenant}, ARRAY['{retrying}', '{open}']::uuid[]"},
    {&kRequeueFinished, "{tenant}, ARRAY['{finished}'::uuid]"},
    {&kInsertOperation, "'{other}', {tenant}, 1, '', NULL, false, 10, 'new', 10"},
    {&kFindOperationRequest, "{tenant}, 'request'"},
    {&kForgetOperations, "{tenant}, now()"},
    {&kGetOperation, "{tenant}, '{operation}'"},
    {&kListOperations, "{tenant}, NULL, 10"},
    {&kCancelOperation, "{tenant}, '{operation}'"},
    {&kLockOperation, "'{operation}', 0, {tenant}"},
    {&kAdvanceOperation,
     "'{operation}', 1, true, '{finished}', ARRAY[1], 1, ARRAY[1], 0, NULL, 1000, "
     "{tenant}"},

    // Profiles.
    {&kInsertWebhook,
     "'{other}', {tenant}, 1, 'new', '{{}}', 's', true, 1000, 0, 0, "
     "'https://a.example/', "
     "ARRAY['ticket.created'], ARRAY[]::text[], ARRAY[]::text[]"},
    {&kInsertWebhookVersion, "'{webhook}', 2, '{{}}', {tenant}"},
    {&kGetWebhook, "'{webhook}', {tenant}"},
    {&kGetWebhookForUpdate, "'{webhook}', {tenant}"},
    {&kUpdateWebhook,
     "'{webhook}', 'new', '{{}}', 's', true, 1000, 0, 0, NULL, 'https://a.example/', "
     "ARRAY['ticket.created'], ARRAY[]::text[], ARRAY[]::text[], {tenant}"},
    {&kDeleteWebhook, "'{webhook}', {tenant}"},
    {&kSaveGate, "'{gated}', 10, 5, true, 2, {tenant}"},
    {&kEndOrdering, "{gated_bucket}, '{gated}', {tenant}"},
    {&kCloseOpenWindows, "{tenant}, '{webhook}'"},
    {&kRaiseConfigVersion, "{tenant}"},

    // The catalogue.
    {&kInsertKeyFields, "{tenant}, ARRAY['id']"},
    {&kInsertEventType,
     "{tenant}, 'new', 2, '', '', {key_fields}, ARRAY['a'], '{{}}', 100"},
    {&kUpdateEventType,
     "{tenant}, 'ticket.created', 2, '', '', {key_fields}, ARRAY['a'], NULL"},
    {&kDeleteEventType, "{tenant}, 'ticket.created'"},
    {&kExpectEventTypes, "{tenant}, ARRAY['new'], 100"},
    {&kFindEventTypes, "{tenant}, ARRAY['ticket.created']"},
    {&kFindEventTypeUsers, "{tenant}, 'ticket.created'"},
    {&kGetEventTypeForUpdate, "{tenant}, 'ticket.created'"},
    {&kListEventTypes, "{tenant}, NULL, 10"},

    // Who changed what, and how long it is kept.
    {&kAppendAuditEntry,
     "{tenant}, 'actor', 'webhook.update', 'webhooks/1', '{{}}', '{{}}', ARRAY['a']"},
    {&kGetAuditEntry, "{tenant}, '{entry}'"},
    {&kEraseTenantBodies,
     "{tenant}, '00000000-0000-0000-0000-000000000000', "
     "'ffffffff-ffff-ffff-ffff-ffffffffffff', 10"},
    {&kEraseTenantEvents, "{tenant}, now() + interval '1 day', 10"},
    {&kEraseTenantRecords, "{tenant}, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 10"},
};

const std::vector<Routed> kReferenceOnly = {
    {&kLockConfig, "{tenant}"},
    {&kLockConfigShared, "ARRAY[{tenant}]"},
    {&kLockEventTypes, "{tenant}"},
    {&kLockRetention, ""},
    {&kNotifyDue, "'*'"},
    {&kTakesWrites, ""},
    {&kFindTypes, "ARRAY['windrow_event']"},
    {&kRegisterWorker, "'name'"},
    {&kFindTenant, "'default'"},
    {&kListTenants, ""},
    {&kTakeNotificationIds, "{tenant}, 1"},
    {&kGetUnknownTypes, "{tenant}"},
    {&kSetUnknownTypes, "{tenant}, true"},
    {&kInsertApiKey,
     "'new', {tenant}, 1, 1, 'name', sha256('a'), NULL, 0, 'me', NULL, 10"},
    {&kGetApiKey, "{tenant}, 'key'"},
    {&kListApiKeys, "{tenant}, NULL, 10"},
    {&kLoadApiKeys, ""},
    {&kMarkApiKeysUsed, "ARRAY['key']"},
    {&kReadAccessVersion, ""},
    {&kRevokeApiKey, "{tenant}, 'key'"},
    {&kRaiseFloors, "{tenant}, 1, 1, 1"},
    {&kReadFloors, "{tenant}"},
    {&kReadStatsProgress, ""},
    {&kDropChanges, "0"},
    {&kListHistoryDays, ""},
};

const std::vector<WholeShard> kWholeShard = {
    {&kFindDue, "a worker asks each shard that it works for what became due there"},
    {&kScanBuckets, "likewise, and finds what was missed"},
    {&kFindWebhookTenants, "once for each webhook and process: whose it is"},
    {&kReadChanges, "the log is in the order of one server's transactions"},
    {&kLastChange, "likewise"},
    {&kRollUpChanges, "likewise; sums of a tenant's changes stay in its shard"},
    {&kRollUpMinutes, "goes by time over all tenants' minutes; sums stay in their shard"},
    {&kClaimOperation, "servers work off the operations of the shards that they serve"},
    {&kListNotices, "likewise the notices"},
    {&kDeleteNotice, "likewise; one row for a webhook that was disabled"},
    {&kInsertTenant, "makes a tenant: once in its life"},
    {&kMakePartitions, "makes the days of all tenants of a shard"},
    {&kDayInUse, "asks for all tenants before a day is dropped"},
    {&kEraseAnswers, "goes over all tenants' attempts of a day"},
    {&kEraseAuditEntries, "goes over all tenants' entries, by their age"},
    {&kCountSealingKeys, "`windrow keys` looks at every webhook"},
    {&kLockSealedSecrets, "likewise, to seal them anew"},
    {&kResealSecrets, "likewise"},
};

}  // namespace windrow::integration
