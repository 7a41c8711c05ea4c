#include "services/control_plane/stats_service.h"

#include <absl/time/clock.h>

#include "services/control_plane/stats_use_case.h"
#include "services/control_plane/unary.h"
#include "windrow/v1/stats.grpc.pb.h"

namespace windrow::control_plane {
namespace {

class StatsService final : public v1::StatsService::CallbackService {
 public:
  StatsService(UnaryCalls& calls, store::StatsStore& stats)
      : calls_(calls), stats_(stats) {}

  grpc::ServerUnaryReactor* GetStats(grpc::CallbackServerContext* context,
                                     const v1::GetStatsRequest* request,
                                     v1::GetStatsResponse* response) override {
    return calls_.Run("GetStats", context, [=, this](const Caller& caller) {
      return control_plane::GetStats(stats_, caller.tenant, *request, absl::Now(),
                                     response);
    });
  }

 private:
  UnaryCalls& calls_;
  store::StatsStore& stats_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeStatsService(UnaryCalls& calls,
                                                store::StatsStore& stats) {
  return std::make_unique<StatsService>(calls, stats);
}

}  // namespace windrow::control_plane
