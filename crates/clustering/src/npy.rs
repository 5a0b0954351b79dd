//! Vectors in NumPy's file format (NEP 1): two dimensions, 32- or 64-bit floats, row by row.

use std::io::{self, Read, Write};

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    /// It can't be read.
    #[error("the file can't be read: {0}")]
    Io(#[from] io::Error),
    /// It is no such file, or a kind that isn't read here.
    #[error("{0}")]
    Format(String),
}

/// Headers are shorter than this.
const LONGEST_HEADER: usize = 64 << 10;

/// Reads all values and the number of columns. `limit` bounds the number of values.
///
/// # Errors
/// [`NpyError::Format`] says what was found and what is needed.
pub fn read(mut from: impl Read, limit: usize) -> Result<(Vec<f32>, usize), NpyError> {
    let wrong = |why: String| NpyError::Format(why);
    let mut start = [0u8; 8];
    from.read_exact(&mut start)?;
    if &start[..6] != b"\x93NUMPY" {
        return Err(wrong("this is no .npy file: numpy.save makes one".into()));
    }
    let mut length = vec![0u8; if start[6] == 1 { 2 } else { 4 }];
    from.read_exact(&mut length)?;
    let length = length.iter().rev().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
    if length > LONGEST_HEADER {
        return Err(wrong(format!("its header has {length} bytes: the file is damaged")));
    }
    let mut header = vec![0u8; length];
    from.read_exact(&mut header)?;
    let header = String::from_utf8_lossy(&header);
    let wide = match value(&header, "descr") {
        Some("'<f4'") => 4,
        Some("'<f8'") => 8,
        other => {
            let found = other.unwrap_or("nothing");
            return Err(wrong(format!("its values are {found}: save them by x.astype('float32')")));
        }
    };
    if value(&header, "fortran_order") != Some("False") {
        return Err(wrong("it is stored column by column: save numpy.ascontiguousarray(x)".into()));
    }
    let shape: Vec<usize> = header
        .split_once("'shape': (")
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(shape, _)| shape.split(',').filter_map(|number| number.trim().parse().ok()).collect())
        .unwrap_or_default();
    let [rows, columns] = shape[..] else {
        return Err(wrong(format!("it has the shape {shape:?}: rows and columns are needed")));
    };
    let count = rows.checked_mul(columns).filter(|count| *count <= limit);
    let Some(count) = count else {
        return Err(wrong(format!("it has {rows} x {columns} values: at most {limit} are read")));
    };
    if columns == 0 {
        return Err(wrong("its rows have no columns".into()));
    }
    let mut values = Vec::with_capacity(count);
    let mut chunk = vec![0u8; wide * columns];
    for row in 0..rows {
        from.read_exact(&mut chunk).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => wrong(format!("it ends in row {row} of {rows}: the file was cut")),
            _ => error.into(),
        })?;
        match wide {
            4 => values.extend(chunk.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes))),
            _ => values.extend(chunk.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32)),
        }
    }
    Ok((values, columns))
}

/// Writes values as 32-bit floats.
///
/// # Errors
/// Those of the writer.
pub fn write(mut to: impl Write, values: &[f32], columns: usize) -> io::Result<()> {
    let shape = (values.len() / columns.max(1), columns);
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", shape.0, shape.1);
    // The values start at a multiple of 64 bytes.
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    to.write_all(b"\x93NUMPY\x01\x00")?;
    to.write_all(&(header.len() as u16).to_le_bytes())?;
    to.write_all(header.as_bytes())?;
    for value in values {
        to.write_all(&value.to_le_bytes())?;
    }
    Ok(())
}

/// The value of a key of the header, which is a Python literal.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let rest = header.split_once(&format!("'{key}':"))?.1;
    rest.split([',', '}']).next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut file = Vec::new();
        write(&mut file, &[1.0, 2.5, -3.0, 4.0, 5.0, 6.0], 3).unwrap();
        assert_eq!(read(file.as_slice(), 100).unwrap(), (vec![1.0, 2.5, -3.0, 4.0, 5.0, 6.0], 3));
        let cut = read(&file[..file.len() - 2], 100).unwrap_err().to_string();
        assert!(cut.contains("row 1 of 2"), "{cut}");
        let much = read(file.as_slice(), 5).unwrap_err().to_string();
        assert!(much.contains("2 x 3"), "{much}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(read(&b"PK\x03\x04 no such"[..], 9).unwrap_err().to_string().contains("no .npy"));
        let file = |header: &str| {
            let mut file = b"\x93NUMPY\x01\x00".to_vec();
            file.extend((header.len() as u16).to_le_bytes());
            file.extend(header.as_bytes());
            read(file.as_slice(), 9).unwrap_err().to_string()
        };
        assert!(file("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 2), }").contains("float32"));
        assert!(file("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }").contains("ascontiguousarray"));
        assert!(file("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }").contains("rows and columns"));
    }
}
