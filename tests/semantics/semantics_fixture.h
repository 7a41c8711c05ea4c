// A Windrow in memory: webhooks as the API takes them, events as publishers send them,
// and the requests that come of them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/control_plane/publish_committer.h"
#include "tests/support/fake_store.h"
#include "windrow/v1/event.pb.h"
#include "windrow/v1/webhook.pb.h"

namespace windrow::semantics {

// A webhook with one trigger for ticket.updated.
v1::Webhook NewWebhook();
// One test on a path; `values` are JSON texts.
v1::Condition Where(v1::TestOperator op, const std::string& path,
                    const std::vector<std::string>& values = {});
v1::Condition IgnoringCase(v1::Condition condition);
v1::Condition Not(v1::Condition condition);
// A ticket.updated with that object.
v1::Event Updated(const std::string& object, const std::string& previous = "");

// One request as it would leave.
struct Sent {
  int items = 0;
  std::string body;
};

class SemanticsTest : public ::testing::Test {
 protected:
  // What saving it would refuse: "field: rule" lines. Empty: nothing.
  std::vector<std::string> Refusals(const v1::Webhook& webhook);

  store::StoredWebhook Save(const v1::Webhook& webhook);
  store::StoredWebhook Change(const store::StoredWebhook& webhook,
                              const domain::WebhookSpec& spec);
  // Publishes; answers how many triggers each event matched.
  std::vector<int> Publish(const std::vector<v1::Event>& events);
  // True where a webhook with this condition would get the event.
  bool Matches(const v1::Condition& condition, const v1::Event& event);
  // The body of the one request of a webhook with this custom payload.
  std::string Custom(const v1::CustomPayload& custom, const v1::Event& event);

  // The requests that are due now, in the order in which they leave.
  std::vector<Sent> SendDue(const store::StoredWebhook& webhook);
  void Pass(absl::Duration time) { store_.AdvanceClock(time); }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeStore store_{clock_};
  control_plane::PublishCommitter committer_{store_, store_, store_, {}, {}};
  int webhooks_ = 0;
};

}  // namespace windrow::semantics
