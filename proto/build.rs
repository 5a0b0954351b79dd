//! Compiles the contracts: Rust code, and the descriptor set that reflection,
//! validation and Envoy's transcoder read.

use std::{env, fs, path::PathBuf};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Google's protos that belong to the descriptor set: operations are served,
/// and Envoy can only print error details whose types it knows.
const GOOGLE: [&str; 3] =
    ["google/longrunning/operations.proto", "google/rpc/error_details.proto", "google/rpc/status.proto"];

fn main() -> Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let third_party = root.join("third_party");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=observatory");
    println!("cargo:rerun-if-changed=third_party");
    for needed in GOOGLE.iter().chain(&["buf/validate/validate.proto"]) {
        if !third_party.join(needed).exists() {
            return Err(format!("proto/third_party/{needed} is missing: run ./dev setup").into());
        }
    }

    let mut files = own_protos(&root)?;
    files.extend(GOOGLE.map(PathBuf::from));
    let mut compiler = protox::Compiler::new([&root, &third_party])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(&files)?;

    // Encoded by protox itself: prost's own types would drop the custom options.
    let bytes = compiler.encode_file_descriptor_set();
    fs::write(out.join("descriptor.bin"), &bytes)?;
    let pool = prost_reflect::DescriptorPool::decode(bytes.as_slice())?;

    let mut config = tonic_prost_build::Config::new();
    for message in pool.all_messages() {
        let name = message.full_name();
        if name.starts_with("observatory.")
            || name.starts_with("google.longrunning.")
            || name.starts_with("google.rpc.")
        {
            config.type_attribute(name, "#[derive(::prost_reflect::ReflectMessage)]");
            config.type_attribute(
                name,
                format!(r#"#[prost_reflect(descriptor_pool = "crate::DESCRIPTOR_POOL", message_name = "{name}")]"#),
            );
        }
    }
    tonic_prost_build::configure()
        .codec_path("crate::codec::ValidatingCodec")
        .compile_fds_with_config(compiler.file_descriptor_set(), config)?;
    Ok(())
}

/// Every .proto under `observatory/`, relative to the root of the contracts.
fn own_protos(root: &PathBuf) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.join("observatory")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "proto") {
                found.push(path.strip_prefix(root)?.to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}
