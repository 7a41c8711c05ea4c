#include "services/control_plane/webhook_service.h"

#include <absl/status/statusor.h>
#include <absl/time/clock.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/domain/signing_rules.h"
#include "common/filter/filter.h"
#include "common/store/list_fields.h"
#include "services/control_plane/author.h"
#include "services/control_plane/page_fill.h"
#include "services/control_plane/page_token.h"
#include "services/control_plane/preview.h"
#include "services/control_plane/proto_time.h"
#include "services/control_plane/request_ids.h"
#include "services/control_plane/signing_mapping.h"
#include "services/control_plane/test_delivery.h"
#include "services/control_plane/unary.h"
#include "services/control_plane/webhook_use_cases.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::control_plane {
namespace {

using google::protobuf::Empty;
using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

constexpr int kChunk = 64;

absl::StatusOr<Uuid> WebhookId(const std::string& text) {
  return IdFromRequest(text, "webhook_id", "WEBHOOK_NOT_FOUND");
}

bool RotatesSecret(const domain::WebhookSpec& spec,
                   const WebhookUseCases::Rotation& rotation) {
  constexpr auto kScheme = domain::SignatureScheme::kHmacSha256;
  return domain::SignsWith(spec, kScheme) &&
         (rotation.schemes.empty() || std::ranges::count(rotation.schemes, kScheme) > 0);
}

// A day: receivers have until then to take the new secret.
constexpr absl::Duration kDefaultOverlap = absl::Hours(24);

class WebhookService final : public v1::WebhookService::CallbackService {
 public:
  WebhookService(UnaryCalls& calls, store::WebhookStore& webhooks,
                 store::EventTypeStore& event_types, store::EventStore& events,
                 UrlPolicy policy)
      : calls_(calls),
        webhooks_(webhooks),
        event_types_(event_types),
        events_(events),
        use_cases_(webhooks, event_types),
        policy_(std::move(policy)) {}

  Reactor* CreateWebhook(Context* context, const v1::CreateWebhookRequest* request,
                         v1::Webhook* response) override {
    return calls_.Run(
        "CreateWebhook", context,
        [=, this](const Caller& caller) { return Create(caller, *request, response); },
        request->ByteSizeLong());
  }

  Reactor* GetWebhook(Context* context, const v1::GetWebhookRequest* request,
                      v1::Webhook* response) override {
    return calls_.Run(
        "GetWebhook", context, [=, this](const Caller& caller) -> absl::Status {
          WINDROW_ASSIGN_OR_RETURN(const Uuid id, WebhookId(request->webhook_id()));
          WINDROW_ASSIGN_OR_RETURN(const auto webhook, webhooks_.Get(caller.tenant, id));
          WebhookToProto(webhook, response);
          return absl::OkStatus();
        });
  }

  Reactor* ListWebhooks(Context* context, const v1::ListWebhooksRequest* request,
                        v1::ListWebhooksResponse* response) override {
    return calls_.Run("ListWebhooks", context, [=, this](const Caller& caller) {
      return List(caller, *request, response);
    });
  }

  Reactor* UpdateWebhook(Context* context, const v1::UpdateWebhookRequest* request,
                         v1::Webhook* response) override {
    return calls_.Run(
        "UpdateWebhook", context,
        [=, this](const Caller& caller) { return Update(caller, *request, response); },
        request->ByteSizeLong());
  }

  Reactor* DeleteWebhook(Context* context, const v1::DeleteWebhookRequest* request,
                         Empty*) override {
    return calls_.Run(
        "DeleteWebhook", context, [=, this](const Caller& caller) -> absl::Status {
          WINDROW_ASSIGN_OR_RETURN(const Uuid id, WebhookId(request->webhook_id()));
          return webhooks_.Delete(AuthorOf(caller), id, VersionOfEtag(request->etag()));
        });
  }

  Reactor* PreviewPayload(Context* context, const v1::PreviewPayloadRequest* request,
                          v1::PreviewPayloadResponse* response) override {
    return calls_.Run(
        "PreviewPayload", context,
        [=, this](const Caller& caller) {
          v1::PreviewPayloadRequest copy = *request;
          const absl::Status status =
              control_plane::PreviewPayload({events_, webhooks_, event_types_}, policy_,
                                            caller.tenant, &copy, response);
          if (caller.scope != domain::Scope::kAdmin) HideSignature(response);
          return status;
        },
        request->ByteSizeLong());
  }

  Reactor* RotateSigningSecret(Context* context,
                               const v1::RotateSigningSecretRequest* request,
                               v1::RotateSigningSecretResponse* response) override {
    return calls_.Run("RotateSigningSecret", context, [=, this](const Caller& caller) {
      return Rotate(caller, *request, response);
    });
  }

  Reactor* TestWebhook(Context* context, const v1::TestWebhookRequest* request,
                       v1::TestWebhookResponse* response) override {
    return calls_.Run(
        "TestWebhook", context, [=, this](const Caller& caller) -> absl::Status {
          WINDROW_ASSIGN_OR_RETURN(const Uuid id, WebhookId(request->webhook_id()));
          WINDROW_ASSIGN_OR_RETURN(const Uuid delivery,
                                   SendTest(webhooks_, events_, caller.tenant, id));
          response->set_delivery_id(delivery.ToString());
          return absl::OkStatus();
        });
  }

 private:
  absl::Status Rotate(const Caller& caller, const v1::RotateSigningSecretRequest& request,
                      v1::RotateSigningSecretResponse* response) {
    WINDROW_ASSIGN_OR_RETURN(const Uuid id, WebhookId(request.webhook_id()));
    WebhookUseCases::Rotation rotation{
        .schemes = SchemesFromProto(request.signature_schemes()),
        .new_secret = request.signing_secret(),
        .new_key = request.signing_key(),
        .overlap = kDefaultOverlap,
        .now = absl::Now()};
    if (request.has_overlap()) {
      const auto overlap = DurationFromProto(request.overlap());
      if (!overlap) {
        Violations violations;
        violations.Add("overlap", "is not a valid google.protobuf.Duration");
        return violations.ToStatus();
      }
      rotation.overlap = *overlap;
    }
    WINDROW_ASSIGN_OR_RETURN(
        const auto webhook,
        use_cases_.RotateSecret(AuthorOf(caller), id, VersionOfEtag(request.etag()),
                                rotation));
    if (RotatesSecret(webhook.spec, rotation)) {
      response->set_signing_secret(webhook.secrets.signing_secret);
    }
    WebhookToProto(webhook, response->mutable_webhook());
    return absl::OkStatus();
  }

  absl::Status Create(const Caller& caller, const v1::CreateWebhookRequest& request,
                      v1::Webhook* response) {
    Violations violations;
    Profile profile = NewProfile(request.webhook(), policy_, &violations);
    WINDROW_ASSIGN_OR_RETURN(const auto webhook,
                             use_cases_.Create(AuthorOf(caller), std::move(profile),
                                               violations, request.validate_only()));
    WebhookToProto(webhook, response);
    // The one time that a secret is shown: nobody else knows it.
    if (request.webhook().signing_secret().empty()) {
      response->set_signing_secret(webhook.secrets.signing_secret);
    }
    return absl::OkStatus();
  }

  absl::Status List(const Caller& caller, const v1::ListWebhooksRequest& request,
                    v1::ListWebhooksResponse* response) {
    store::WebhookQuery query;
    const PageTokens tokens({"webhooks", request.filter()});
    WINDROW_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
    WINDROW_ASSIGN_OR_RETURN(query.where,
                             filter::Compile(request.filter(), store::kWebhookFields));
    if (!request.page_token().empty()) {
      WINDROW_ASSIGN_OR_RETURN(query.before, tokens.ReadUuid(request.page_token()));
    }
    const auto fetch = [&](int limit, int examine) {
      query.limit = limit;
      query.examine = examine;
      return webhooks_.List(caller.tenant, query);
    };
    const auto put = [&](const store::StoredWebhook& webhook) {
      query.before = webhook.webhook_id;
      WebhookToProto(webhook, response->add_webhooks());
      return response->webhooks().rbegin()->ByteSizeLong();
    };
    const auto skip = [&](const store::WebhookPage& page) {
      if (page.position) query.before = page.position;
    };
    WINDROW_ASSIGN_OR_RETURN(
        const bool more,
        FillPage(size, kChunk, &store::WebhookPage::webhooks, fetch, put, skip));
    if (more) response->set_next_page_token(tokens.Make(*query.before));
    return absl::OkStatus();
  }

  absl::Status Update(const Caller& caller, const v1::UpdateWebhookRequest& request,
                      v1::Webhook* response) {
    WINDROW_ASSIGN_OR_RETURN(
        const Uuid id, IdFromRequest(request.webhook().webhook_id(), "webhook.webhook_id",
                                     "WEBHOOK_NOT_FOUND"));
    bool had_secret = true;
    const auto edit = [&](Profile* profile, Violations* violations) {
      had_secret = !profile->secrets.signing_secret.empty();
      EditProfile(request.webhook(), request.update_mask(), policy_, profile, violations);
    };
    WINDROW_ASSIGN_OR_RETURN(
        const auto webhook,
        use_cases_.Update(AuthorOf(caller), id, VersionOfEtag(request.webhook().etag()),
                          edit, request.validate_only()));
    WebhookToProto(webhook, response);
    if (!had_secret && request.webhook().signing_secret().empty()) {
      response->set_signing_secret(webhook.secrets.signing_secret);
    }
    return absl::OkStatus();
  }

  UnaryCalls& calls_;
  store::WebhookStore& webhooks_;
  store::EventTypeStore& event_types_;
  store::EventStore& events_;
  WebhookUseCases use_cases_;
  const UrlPolicy policy_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeWebhookService(UnaryCalls& calls,
                                                  store::WebhookStore& webhooks,
                                                  store::EventTypeStore& event_types,
                                                  store::EventStore& events,
                                                  UrlPolicy policy) {
  return std::make_unique<WebhookService>(calls, webhooks, event_types, events,
                                          std::move(policy));
}

}  // namespace windrow::control_plane
