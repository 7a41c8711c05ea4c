#include "tests/bench/event_template.h"

#include <fmt/format.h>
#include <grpcpp/support/slice.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/bench/bench_event.h"
#include "windrow/v1/event.pb.h"

namespace windrow::bench {
namespace {

constexpr std::size_t kIdDigits = 16;
constexpr std::size_t kTypeDigits = 7;
constexpr std::size_t kObjectDigits = 7;
// Neighbours in time are none among objects.
constexpr std::size_t kObjectStep = 7'919;

}  // namespace

EventTemplate::EventTemplate(const Options& options)
    : object_bytes_(options.object_bytes),
      types_(options.types),
      objects_(options.objects) {
  const std::string object = MakeObject(options.object_bytes);
  const std::string blank_id(kIdDigits, '#');
  const std::string blank_type(kTypeDigits, '%');
  const std::string blank_object_id(kObjectDigits, '$');
  v1::PublishEventRequest request;
  v1::Event* event = request.mutable_event();
  event->set_type(types_ > 1 ? options.event_type + "." + blank_type
                             : options.event_type);
  event->set_object_type("ticket");
  event->set_object_id(objects_ > 1 ? blank_object_id : "4711");
  event->set_object(object);
  if (options.event_ids) event->set_event_id(blank_id);
  bytes_ = request.SerializeAsString();
  object_at_ = bytes_.find(object);
  if (options.event_ids) event_id_at_ = bytes_.find(blank_id);
  if (types_ > 1) type_number_at_ = bytes_.find(blank_type);
  if (objects_ > 1) object_id_at_ = bytes_.find(blank_object_id);
  for (const std::size_t at :
       {object_at_, event_id_at_, type_number_at_, object_id_at_}) {
    if (at == std::string::npos) std::abort();
  }
}

grpc::ByteBuffer EventTemplate::Make(std::uint64_t sequence, std::uint64_t sent) const {
  grpc_slice slice = grpc_slice_malloc(bytes_.size());
  char* const bytes = reinterpret_cast<char*>(GRPC_SLICE_START_PTR(slice));
  bytes_.copy(bytes, bytes_.size());
  StampObject(bytes + object_at_, object_bytes_, sequence, sent);
  if (event_id_at_ != 0) {
    fmt::format_to_n(bytes + event_id_at_, kIdDigits, "{:0{}}", sequence, kIdDigits);
  }
  if (type_number_at_ != 0) {
    fmt::format_to_n(bytes + type_number_at_, kTypeDigits, "{:0{}}", sequence % types_,
                     kTypeDigits);
  }
  if (object_id_at_ != 0) {
    fmt::format_to_n(bytes + object_id_at_, kObjectDigits, "{:0{}}",
                     sequence * kObjectStep % objects_, kObjectDigits);
  }
  const grpc::Slice owned(slice, grpc::Slice::STEAL_REF);
  return {&owned, 1};
}

}  // namespace windrow::bench
