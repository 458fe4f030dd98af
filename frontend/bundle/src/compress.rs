//! `.br` and `.gz` beside every file, made once here instead of with every answer of the server.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

pub fn directory(pkg: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(pkg)? {
        let path = entry?.path();
        let Some(extension) = path.extension().and_then(OsStr::to_str) else {
            continue; // a folder of JavaScript snippets
        };
        if ["js", "css", "wasm"].contains(&extension) && !is_compressed(&path)? {
            compress(&path)?;
        }
    }
    Ok(())
}

fn is_compressed(path: &Path) -> anyhow::Result<bool> {
    let written = fs::metadata(path)?.modified()?;
    let packed = fs::metadata(beside(path, "gz")).and_then(|file| file.modified());
    Ok(packed.is_ok_and(|packed| packed > written))
}

fn compress(path: &Path) -> anyhow::Result<()> {
    let content = fs::read(path)?;

    let mut brotli = brotli::CompressorWriter::new(create(path, "br")?, 64 * 1024, 11, 22);
    brotli.write_all(&content)?;
    brotli.into_inner().flush()?;

    // Written last: its time says that both are there.
    let mut gzip = GzEncoder::new(create(path, "gz")?, Compression::best());
    gzip.write_all(&content)?;
    gzip.finish()?.flush()?;
    Ok(())
}

fn create(path: &Path, suffix: &str) -> anyhow::Result<BufWriter<File>> {
    Ok(BufWriter::new(File::create(beside(path, suffix))?))
}

/// `openpcs.js` → `openpcs.js.br`
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}
