// Every suite, for a harness to instantiate.
#pragma once

#include "tests/contract/contract_fixture.h"
#include "tests/contract/delivery_world.h"
#include "tests/contract/order_model.h"

#define WINDROW_INSTANTIATE_CONTRACT(name, make)                                 \
  INSTANTIATE_TEST_SUITE_P(name, WebhookStoreContract, ::testing::Values(make)); \
  INSTANTIATE_TEST_SUITE_P(name, EventTypeContract, ::testing::Values(make));    \
  INSTANTIATE_TEST_SUITE_P(name, PublishContract, ::testing::Values(make));      \
  INSTANTIATE_TEST_SUITE_P(name, EventContract, ::testing::Values(make));        \
  INSTANTIATE_TEST_SUITE_P(name, ClaimContract, ::testing::Values(make));        \
  INSTANTIATE_TEST_SUITE_P(name, RateContract, ::testing::Values(make));         \
  INSTANTIATE_TEST_SUITE_P(name, OrderContract, ::testing::Values(make));        \
  INSTANTIATE_TEST_SUITE_P(name, OrderModelContract, ::testing::Values(make));   \
  INSTANTIATE_TEST_SUITE_P(name, RecordContract, ::testing::Values(make));       \
  INSTANTIATE_TEST_SUITE_P(name, CancelContract, ::testing::Values(make));       \
  INSTANTIATE_TEST_SUITE_P(name, ControlContract, ::testing::Values(make));      \
  INSTANTIATE_TEST_SUITE_P(name, OperationContract, ::testing::Values(make));    \
  INSTANTIATE_TEST_SUITE_P(name, AutoDisableContract, ::testing::Values(make));  \
  INSTANTIATE_TEST_SUITE_P(name, DeliveryContract, ::testing::Values(make));     \
  INSTANTIATE_TEST_SUITE_P(name, AttemptContract, ::testing::Values(make));      \
  INSTANTIATE_TEST_SUITE_P(name, ListenerContract, ::testing::Values(make));     \
  INSTANTIATE_TEST_SUITE_P(name, RetentionContract, ::testing::Values(make));    \
  INSTANTIATE_TEST_SUITE_P(name, StatsContract, ::testing::Values(make));        \
  INSTANTIATE_TEST_SUITE_P(name, ChangeContract, ::testing::Values(make));       \
  INSTANTIATE_TEST_SUITE_P(name, AccessContract, ::testing::Values(make));       \
  INSTANTIATE_TEST_SUITE_P(name, AuditContract, ::testing::Values(make));        \
  INSTANTIATE_TEST_SUITE_P(name, DeliveryFilterContract, ::testing::Values(make))
