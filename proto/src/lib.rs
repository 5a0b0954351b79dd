//! The observatory's contracts: messages, clients and servers of every service,
//! the error model, and the codec that enforces the rules of the fields.

pub mod codec;
pub mod error;

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

pub use error::{Error, Reason};

/// The encoded `FileDescriptorSet` of all contracts, custom options included.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));

/// Descriptors of all contracts.
pub static DESCRIPTOR_POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the build encoded this descriptor set"));

/// Declares `observatory.<area>.v1` as `crate::<area>`.
macro_rules! areas {
    ($($area:ident),* $(,)?) => {
        /// Generated code, nested as the packages are.
        #[allow(clippy::all, clippy::pedantic, clippy::unwrap_used)]
        pub mod observatory {
            $(pub mod $area { pub mod v1 { include!(concat!(env!("OUT_DIR"), "/observatory.", stringify!($area), ".v1.rs")); } })*
        }
        $(pub use observatory::$area::v1 as $area;)*
    };
}

areas!(
    common, jobs, skills, stats, clusters, taxonomy, schedules, pipeline, operations, tasks, scraper, cleaner,
    extractor, llm, embedder, clusterer,
);

/// Google's standard types.
#[allow(clippy::all, clippy::pedantic, clippy::unwrap_used)]
pub mod google {
    /// `google.longrunning`.
    pub mod longrunning {
        tonic::include_proto!("google.longrunning");
    }
    /// `google.rpc`.
    pub mod rpc {
        tonic::include_proto!("google.rpc");
    }
}
