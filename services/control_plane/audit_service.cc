#include "services/control_plane/audit_service.h"

#include "common/filter/filter.h"
#include "common/store/list_fields.h"
#include "services/control_plane/audit_mapping.h"
#include "services/control_plane/page_fill.h"
#include "services/control_plane/page_token.h"
#include "services/control_plane/request_ids.h"
#include "services/control_plane/unary.h"
#include "windrow/v1/audit.grpc.pb.h"

namespace windrow::control_plane {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

constexpr int kChunk = 32;  // two profiles an entry, of which each may be large

class AuditService final : public v1::AuditService::CallbackService {
 public:
  AuditService(UnaryCalls& calls, store::AuditStore& audit)
      : calls_(calls), audit_(audit) {}

  Reactor* ListAuditEntries(Context* context, const v1::ListAuditEntriesRequest* request,
                            v1::ListAuditEntriesResponse* response) override {
    return calls_.Run("ListAuditEntries", context, [=, this](const Caller& caller) {
      return List(caller, *request, response);
    });
  }

  Reactor* GetAuditEntry(Context* context, const v1::GetAuditEntryRequest* request,
                         v1::AuditEntry* response) override {
    return calls_.Run("GetAuditEntry", context, [=, this](const Caller& caller) {
      return Get(caller, *request, response);
    });
  }

 private:
  absl::Status List(const Caller& caller, const v1::ListAuditEntriesRequest& request,
                    v1::ListAuditEntriesResponse* response) {
    store::AuditQuery query;
    const PageTokens tokens({"audit", request.filter()});
    WINDROW_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
    WINDROW_ASSIGN_OR_RETURN(query.where,
                             filter::Compile(request.filter(), store::kAuditFields));
    if (!request.page_token().empty()) {
      WINDROW_ASSIGN_OR_RETURN(query.before, tokens.ReadUuid(request.page_token()));
    }
    const auto fetch = [&](int limit, int examine) {
      query.limit = limit;
      query.examine = examine;
      return audit_.ListAuditEntries(caller.tenant, query);
    };
    const auto put = [&](const store::AuditEntry& entry) {
      query.before = entry.entry_id;
      AuditEntryToProto(entry, response->add_entries());
      return response->entries().rbegin()->ByteSizeLong();
    };
    const auto skip = [&](const store::AuditPage& page) {
      if (page.position) query.before = page.position;
    };
    WINDROW_ASSIGN_OR_RETURN(
        const bool more,
        FillPage(size, kChunk, &store::AuditPage::entries, fetch, put, skip));
    if (more) response->set_next_page_token(tokens.Make(*query.before));
    return absl::OkStatus();
  }

  absl::Status Get(const Caller& caller, const v1::GetAuditEntryRequest& request,
                   v1::AuditEntry* response) {
    WINDROW_ASSIGN_OR_RETURN(const Uuid id, IdFromRequest(request.entry_id(), "entry_id",
                                                          "AUDIT_ENTRY_NOT_FOUND"));
    WINDROW_ASSIGN_OR_RETURN(const store::AuditEntry entry,
                             audit_.GetAuditEntry(caller.tenant, id));
    AuditEntryToProto(entry, response);
    return absl::OkStatus();
  }

  UnaryCalls& calls_;
  store::AuditStore& audit_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAuditService(UnaryCalls& calls,
                                                store::AuditStore& audit) {
  return std::make_unique<AuditService>(calls, audit);
}

}  // namespace windrow::control_plane
